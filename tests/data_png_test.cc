// PNG files: written and read back, colours, transparency and 16 bits, damaged ones, and the layout of a grid
// of images.
#include "data/png.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <png.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/error.h"
#include "data_test_files.h"

namespace rung::data {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;

Image ramp(int height, int width) {
  Image image{.height = height, .width = width, .pixels = {}};
  for (int i = 0; i < height * width; ++i) image.pixels.push_back(static_cast<uint8_t>(i * 7 + i / 251));
  return image;
}

std::string read_error(const std::filesystem::path& path) {
  try {
    read_png(path);
  } catch (const DataError& error) {
    return error.what();
  }
  ADD_FAILURE() << "expected a DataError";
  return "";
}

TEST(Png, ReadsWhatItWrote) {
  const TemporaryFolder folder;
  for (const auto& [height, width] : {std::pair{1, 1}, {3, 5}, {28, 28}, {130, 70}}) {
    const auto image = ramp(height, width);
    write_png(folder.path() / "a.png", image);
    const auto again = read_png(folder.path() / "a.png");
    EXPECT_EQ(again.height, height);
    EXPECT_EQ(again.width, width);
    EXPECT_EQ(again.pixels, image.pixels);
  }
}

// A PNG file of one row, from samples as libpng's simplified interface takes them.
Image from_row(png_uint_32 format, const std::vector<uint8_t>& row, Conversions* conversions = nullptr) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.format = format;
  png.height = 1;
  png.width = static_cast<png_uint_32>(row.size() / PNG_IMAGE_SAMPLE_CHANNELS(format));
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(png);
  std::vector<std::byte> bytes(size);
  EXPECT_NE(png_image_write_to_memory(&png, bytes.data(), &size, 0, row.data(), 0, nullptr), 0);
  bytes.resize(size);
  return parse_png(bytes, "row", Colours::kGrey, conversions);
}

TEST(Png, WeighsColoursAsBt601) {
  const auto image = from_row(PNG_FORMAT_RGB, {255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9});
  EXPECT_THAT(image.pixels, ElementsAre(76, 150, 29, 9));
}

// As in Pillow: libpng by itself would make 115 of 44 here.
TEST(Png, IgnoresWhatItsNumbersAreSaidToStandFor) {
  const Image colours{1, 2, {44, 45, 46, 9, 8, 7}, 3};
  std::vector<std::byte> bytes = encode_png(colours);
  // In the place of what stands between the header and the pixels (sRGB): gAMA, 1.0.
  constexpr std::array<unsigned char, 16> kLinear = {0, 0, 0,    4,    'g',  'A',  'M',  'A',
                                                     0, 1, 0x86, 0xA0, 0x31, 0xE8, 0x96, 0x5F};
  const auto header = std::as_bytes(std::span(kLinear));
  constexpr std::string_view kPixels = "IDAT";
  const auto pixels = std::ranges::search(bytes, std::as_bytes(std::span(kPixels))).begin() - 4;
  bytes.erase(bytes.begin() + 33, pixels);
  bytes.insert(bytes.begin() + 33, header.begin(), header.end());
  EXPECT_EQ(parse_png(bytes, "a.png", Colours::kKeep).pixels, colours.pixels);
  bytes.resize(40);
  EXPECT_THROW(parse_png(bytes, "a.png"), DataError);
}

TEST(Png, MayKeepItsColours) {
  const TemporaryFolder folder;
  const Image colours{1, 2, {255, 0, 0, 9, 8, 7}, 3};
  const auto bytes = encode_png(colours);
  EXPECT_EQ(parse_png(bytes, "a.png", Colours::kKeep).pixels, colours.pixels);
  EXPECT_EQ(parse_png(bytes, "a.png", Colours::kRgb).channels, 3);
  EXPECT_THAT(parse_png(bytes, "a.png").pixels, ElementsAre(76, 8));
  const auto grey = encode_png(Image{1, 2, {3, 4}});
  EXPECT_EQ(parse_png(grey, "a.png", Colours::kKeep).channels, 1);
  EXPECT_THAT(parse_png(grey, "a.png", Colours::kRgb).pixels, ElementsAre(3, 3, 3, 4, 4, 4));
}

TEST(Png, PutsWhatIsDrawnDarkOnWhite) {
  // Opaque, half and not at all: 0 on white is 255 - alpha.
  EXPECT_THAT(from_row(PNG_FORMAT_GA, {0, 255, 0, 128, 0, 0}).pixels, ElementsAre(0, 127, 255));
  EXPECT_THAT(from_row(PNG_FORMAT_RGBA, {0, 0, 255, 255, 77, 77, 77, 0}).pixels, ElementsAre(29, 255));
}

TEST(Png, PutsWhatIsDrawnLightOnBlack) {
  EXPECT_THAT(from_row(PNG_FORMAT_GA, {255, 255, 255, 128, 0, 0}).pixels, ElementsAre(255, 128, 0));
}

TEST(Png, RoundsSixteenBits) {  // tests/golden/make_image_golden.py
  const auto file = std::filesystem::path(RUNG_SOURCE_DIR) / "tests/golden/images/deep.png";
  EXPECT_THAT(read_png(file).pixels, ElementsAre(0, 127, 128, 255, 128, 128));
}

TEST(Png, SaysWhatItConverted) {
  Conversions done;
  from_row(PNG_FORMAT_GRAY, {1}, &done);
  EXPECT_FALSE(done.sixteen_bits || done.palette || done.transparency || done.colour || done.orientation);
  from_row(PNG_FORMAT_RGBA, {9, 8, 7, 255}, &done);
  EXPECT_TRUE(done.colour);
  EXPECT_FALSE(done.transparency);
  from_row(PNG_FORMAT_GA, {9, 254}, &done);
  EXPECT_FALSE(done.colour);
  EXPECT_TRUE(done.transparency);
  const auto file = std::filesystem::path(RUNG_SOURCE_DIR) / "tests/golden/images/deep.png";
  parse_png(read_file(file, 1 << 20), "deep.png", Colours::kGrey, &done);
  EXPECT_TRUE(done.sixteen_bits);
}

TEST(Png, RefusesWhatIsNotPng) {
  const TemporaryFolder folder;
  write_bytes(folder.path() / "a.png", idx_bytes({2}, {1, 2}));
  EXPECT_THAT(read_error(folder.path() / "a.png"), HasSubstr("a.png: not a PNG file"));
}

TEST(Png, RefusesEveryTruncation) {
  const TemporaryFolder folder;
  write_png(folder.path() / "a.png", ramp(28, 28));
  const auto whole = read_file(folder.path() / "a.png", 1 << 20);
  // The last chunk, IEND, is 12 bytes without pixels; libpng does not need it.
  for (size_t length = 0; length + 16 < whole.size(); length += 13) {
    write_bytes(folder.path() / "b.png",
                {whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)});
    EXPECT_THAT(read_error(folder.path() / "b.png"), HasSubstr("b.png: ")) << length;
  }
}

TEST(Png, RefusesHugeImagesBeforeAllocating) {
  const TemporaryFolder folder;
  write_png(folder.path() / "a.png", ramp(1, 16'385));
  EXPECT_THAT(read_error(folder.path() / "a.png"), HasSubstr("1 x 16385 pixels (height x width); at most"));
}

TEST(Png, SaysThatItCannotWrite) {
  const TemporaryFolder folder;
  EXPECT_THROW(write_png(folder.path() / "missing" / "a.png", ramp(2, 2)), IoError);
}

TEST(ImageGrid, PlacesScalesAndLeavesTheRestBlank) {
  const std::vector<uint8_t> images = {1, 2, 3, 4, 5, 6};  // three images of 1 x 2
  const auto grid =
      image_grid(images, {1, 1, 2}, {.rows = 2, .columns = 2, .scale = 2, .margin = 1, .background = 0});
  EXPECT_EQ(grid.height, 7);
  EXPECT_EQ(grid.width, 11);
  EXPECT_THAT(grid.pixels, ElementsAreArray({
                               0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  //
                               0, 1, 1, 2, 2, 0, 3, 3, 4, 4, 0,  //
                               0, 1, 1, 2, 2, 0, 3, 3, 4, 4, 0,  //
                               0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  //
                               0, 5, 5, 6, 6, 0, 0, 0, 0, 0, 0,  //
                               0, 5, 5, 6, 6, 0, 0, 0, 0, 0, 0,  //
                               0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  //
                           }));
}

TEST(ImageGrid, KeepsColours) {
  const std::vector<uint8_t> planes = {1, 2, 3, 4, 5, 6};  // one image of 1 x 2
  const auto grid = image_grid(planes, {3, 1, 2}, {.margin = 1, .background = 0});
  EXPECT_EQ(grid.channels, 3);
  EXPECT_THAT(std::vector(grid.pixels.begin() + 12, grid.pixels.begin() + 24),
              ElementsAre(0, 0, 0, 1, 3, 5, 2, 4, 6, 0, 0, 0));
  EXPECT_EQ(grid.pixels.size(), 3U * 4 * 3);
}

TEST(ImageGrid, ShowsNoMoreThanFits) {
  const auto grid =
      image_grid(std::vector<uint8_t>{1, 2, 3}, {1, 1, 1}, {.rows = 1, .columns = 2, .margin = 0});
  EXPECT_THAT(grid.pixels, ElementsAreArray({1, 2}));
}

}  // namespace
}  // namespace rung::data

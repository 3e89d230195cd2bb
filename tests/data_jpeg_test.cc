// JPEG files: the same pixels as Pillow's (tests/golden/make_image_golden.py), orientation, damaged files.
#include "data/jpeg.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>  // which jpeglib.h needs before it
#include <cstdlib>

#include <jpeglib.h>

#include "base/error.h"
#include "base/file.h"
#include "data/exif.h"
#include "data/png.h"

namespace rung::data {
namespace {

using testing::HasSubstr;

std::vector<std::byte> golden(const std::string& name) {
  return read_file(std::filesystem::path(RUNG_SOURCE_DIR) / "tests/golden/images" / name, 1 << 20);
}

std::string error_of(std::span<const std::byte> bytes) {
  try {
    parse_jpeg(bytes, "a.jpg");
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

std::vector<std::byte> with(std::vector<std::byte> bytes, size_t at, unsigned value) {
  bytes.at(at) = static_cast<std::byte>(value);
  return bytes;
}

// Where the segment with this marker begins.
size_t segment(const std::vector<std::byte>& bytes, unsigned marker) {
  for (size_t at = 0; at + 1 < bytes.size(); ++at)
    if (bytes[at] == std::byte{0xFF} && bytes[at + 1] == static_cast<std::byte>(marker)) return at;
  ADD_FAILURE() << "no marker " << marker;
  return 0;
}

TEST(Jpeg, DecodesAsPillowDoes) {
  for (const std::string name : {"colour", "progressive", "grey", "cmyk", "ycck"}) {
    const Image image = parse_jpeg(golden(name + ".jpg"), name);
    const Image expected = parse_png(golden(name + ".png"), name);
    EXPECT_EQ(image.height, 34);
    EXPECT_EQ(image.width, 45);
    EXPECT_EQ(image.pixels, expected.pixels) << name;
  }
}

TEST(Jpeg, KeepsColoursAsPillowDoes) {
  for (const auto& [jpeg, png] :
       {std::pair{"colour.jpg", "colour_rgb.png"}, {"cmyk.jpg", "cmyk.png"}, {"ycck.jpg", "ycck.png"}}) {
    const Image image = parse_jpeg(golden(jpeg), jpeg, Colours::kKeep);
    EXPECT_EQ(image.channels, 3);
    EXPECT_EQ(image.pixels, parse_png(golden(png), png, Colours::kKeep).pixels) << jpeg;
  }
  EXPECT_EQ(parse_jpeg(golden("grey.jpg"), "", Colours::kKeep).channels, 1);
  EXPECT_EQ(parse_jpeg(golden("grey.jpg"), "", Colours::kRgb).pixels.size(), 34U * 45 * 3);
}

// As in Pillow, the numbers of a file without Adobe's marker are inverted, too.
TEST(Jpeg, TakesUnmarkedCmykForAdobes) {
  EXPECT_EQ(parse_jpeg(golden("cmyk_unmarked.jpg"), "").pixels, parse_png(golden("cmyk.png"), "").pixels);
}

// The upper left quarter of the image as it is stored is white and the upper right one grey; EXIF's
// orientations say on which sides the stored first row and the stored first column are to be seen.
TEST(Jpeg, IsUprightAsItsOrientationSays) {
  struct Quarters {
    int upper_left, upper_right, lower_left, lower_right;
  };
  constexpr Quarters kExpected[] = {
      {255, 128, 0, 0},  // 1: top, left
      {128, 255, 0, 0},  // 2: top, right
      {0, 0, 128, 255},  // 3: bottom, right
      {0, 0, 255, 128},  // 4: bottom, left
      {255, 0, 128, 0},  // 5: left, top
      {0, 255, 0, 128},  // 6: right, top
      {0, 128, 0, 255},  // 7: right, bottom
      {128, 0, 255, 0},  // 8: left, bottom
  };
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const auto name = fmt::format("orientation{}.jpg", orientation);
    const Image image = parse_jpeg(golden(name), name);
    EXPECT_EQ(image.height, orientation < 5 ? 16 : 24) << name;
    EXPECT_EQ(image.width, orientation < 5 ? 24 : 16) << name;
    const auto at = [&](int row, int column) {
      return static_cast<int>(image.pixels[static_cast<size_t>(row * image.width + column)]);
    };
    const auto& [upper_left, upper_right, lower_left, lower_right] = kExpected[orientation - 1];
    EXPECT_NEAR(at(2, 2), upper_left, 8) << name;
    EXPECT_NEAR(at(2, image.width - 3), upper_right, 8) << name;
    EXPECT_NEAR(at(image.height - 3, 2), lower_left, 8) << name;
    EXPECT_NEAR(at(image.height - 3, image.width - 3), lower_right, 8) << name;
  }
}

TEST(Jpeg, RefusesEveryTruncation) {
  for (const char* name : {"grey.jpg", "progressive.jpg", "ycck.jpg"}) {
    const auto whole = golden(name);
    for (size_t length = 0; length < whole.size(); ++length)
      EXPECT_THAT(error_of(std::span(whole).first(length)), HasSubstr("a.jpg: a damaged JPEG file: "))
          << length;
    EXPECT_EQ(error_of(whole), "");
  }
}

TEST(Jpeg, IgnoresWhatFollowsTheImage) {
  auto bytes = golden("grey.jpg");
  bytes.resize(bytes.size() + 1000);
  EXPECT_EQ(error_of(bytes), "");
}

TEST(Jpeg, RefusesHugeImagesBeforeAllocating) {
  constexpr unsigned kFrame = 0xC0;  // then: length (2), precision (1), height (2), width (2)
  const auto bytes = golden("grey.jpg");
  const size_t frame = segment(bytes, kFrame);
  EXPECT_EQ(
      error_of(with(bytes, frame + 5, 0xFF)),
      "a.jpg: 65314 x 45 pixels (height x width); at most 33 million are supported, and 16384 on a side");
  const auto large = with(with(bytes, frame + 5, 15), frame + 7, 15);
  EXPECT_THAT(error_of(large), HasSubstr("are too few for 3874 x 3885 pixels"));
}

// A grey progressive file of 8 x 8 pixels with a scan for each of the first coefficients.
std::vector<std::byte> of_scans(int scans) {
  std::vector<jpeg_scan_info> script;
  for (int coefficient = 0; coefficient < scans; ++coefficient)
    script.push_back({1, {0}, coefficient, coefficient, 0, 0});
  jpeg_error_mgr errors;  // ends the process
  jpeg_compress_struct info{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* memory = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &memory, &size);
  info.image_width = info.image_height = 8;
  info.input_components = 1;
  info.in_color_space = JCS_GRAYSCALE;
  jpeg_set_defaults(&info);
  info.scan_info = script.data();
  info.num_scans = scans;
  jpeg_start_compress(&info, TRUE);
  std::array<JSAMPLE, 8> pixels = {0, 255, 9, 70, 200, 3, 90, 31};
  JSAMPROW row = pixels.data();
  while (info.next_scanline < info.image_height) jpeg_write_scanlines(&info, &row, 1);
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  const auto bytes = std::as_bytes(std::span(memory, size));
  std::vector<std::byte> result(bytes.begin(), bytes.end());
  std::free(memory);
  return result;
}

TEST(Jpeg, RefusesMoreScansThanEncodersWrite) {
  EXPECT_EQ(error_of(of_scans(50)), "");
  EXPECT_EQ(error_of(of_scans(51)), "a.jpg: a damaged JPEG file: more than 50 scans");
}

std::vector<uint8_t> exif(const std::vector<uint8_t>& tiff) {
  std::vector<uint8_t> bytes = {'E', 'x', 'i', 'f', 0, 0};
  bytes.insert(bytes.end(), tiff.begin(), tiff.end());
  return bytes;
}

TEST(Exif, ReadsTheOrientationInBothByteOrders) {
  // The byte order, 42, the directory's offset; two entries: another tag, then 0x0112, a SHORT, one, 6.
  EXPECT_EQ(exif_orientation(exif({'I',  'I',  42, 0, 8, 0, 0, 0, 2,   0,        //
                                   0x0F, 0x01, 2,  0, 1, 0, 0, 0, 'x', 0, 0, 0,  //
                                   0x12, 0x01, 3,  0, 1, 0, 0, 0, 6,   0, 0, 0})),
            6);
  EXPECT_EQ(exif_orientation(exif({'M',  'M',  0, 42, 0, 0, 0, 8, 0, 1,  //
                                   0x01, 0x12, 0, 3,  0, 0, 0, 1, 0, 8, 0, 0})),
            8);
}

TEST(Exif, IsUprightIfDamaged) {
  const auto whole = exif({'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, 6, 0});
  EXPECT_EQ(exif_orientation(whole), 6);
  for (size_t length = 0; length < whole.size(); ++length)
    EXPECT_EQ(exif_orientation(std::span(whole).first(length)), 1) << length;
  auto changed = whole;
  changed[6 + 18] = 9;  // no such orientation
  EXPECT_EQ(exif_orientation(changed), 1);
  changed = whole;
  for (size_t at = 6 + 4; at < 6 + 8; ++at) changed[at] = 0xFF;  // the directory's offset
  EXPECT_EQ(exif_orientation(changed), 1);
}

}  // namespace
}  // namespace rung::data

// Uses libpng's simplified interface, which reports errors without longjmp.
#include "data/png.h"

#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/require.h"

namespace rung::data {
namespace {

constexpr uint64_t kMaxPngBytes = 64 << 20;

// Owns what libpng's simplified interface keeps behind a png_image.
class PngImage {
 public:
  PngImage() { image_.version = PNG_IMAGE_VERSION; }
  ~PngImage() { png_image_free(&image_); }
  PngImage(const PngImage&) = delete;
  PngImage& operator=(const PngImage&) = delete;
  png_image* get() { return &image_; }
  png_image* operator->() { return &image_; }

 private:
  png_image image_{};
};

// Copies one image into the grid with its top left corner at (top, left).
void paste(GreyImage& grid, const uint8_t* image, int height, int width, int scale, int top, int left) {
  for (int row = 0; row < height * scale; ++row) {
    uint8_t* out = grid.pixels.data() + static_cast<ptrdiff_t>(top + row) * grid.width + left;
    const uint8_t* in = image + static_cast<ptrdiff_t>(row / scale) * width;
    for (int column = 0; column < width * scale; ++column) out[column] = in[column / scale];
  }
}

std::vector<std::byte> encode(int height, int width, png_uint_32 format, const std::vector<uint8_t>& pixels) {
  RUNG_REQUIRE(height > 0 && width > 0);
  PngImage png;
  png->width = static_cast<png_uint_32>(width);
  png->height = static_cast<png_uint_32>(height);
  png->format = format;
  png->flags = PNG_IMAGE_FLAG_FAST;  // for small images and drawings: hardly larger, a quarter of the time
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(*png.get());
  std::vector<std::byte> bytes(size);
  if (png_image_write_to_memory(png.get(), bytes.data(), &size, 0, pixels.data(), 0, nullptr) == 0)
    throw IoError(fmt::format("cannot write a PNG image: {}", png->message));
  bytes.resize(size);
  return bytes;
}

// Grey, or grey and alpha, from RGB or RGBA.
std::vector<uint8_t> without_colour(std::span<const uint8_t> samples, bool has_alpha) {
  const size_t channels = has_alpha ? 4 : 3;
  std::vector<uint8_t> result;
  result.reserve(samples.size() / channels * (channels - 2));
  for (size_t at = 0; at < samples.size(); at += channels) {
    result.push_back(luma(samples[at], samples[at + 1], samples[at + 2]));
    if (has_alpha) result.push_back(samples[at + 3]);
  }
  return result;
}

Conversions conversions_of(png_uint_32 format) {
  return {.sixteen_bits = (format & PNG_FORMAT_FLAG_LINEAR) != 0,
          .palette = (format & PNG_FORMAT_FLAG_COLORMAP) != 0,
          .colour = (format & PNG_FORMAT_FLAG_COLOR) != 0};
}

// Of pairs of grey and alpha.
bool is_transparent(std::span<const uint8_t> grey_and_alpha) {
  for (size_t at = 1; at < grey_and_alpha.size(); at += 2)
    if (grey_and_alpha[at] != 255) return true;
  return false;
}

}  // namespace

std::vector<std::byte> encode_png(const GreyImage& image) {
  return encode(image.height, image.width, PNG_FORMAT_GRAY, image.pixels);
}

std::vector<std::byte> encode_png(const RgbImage& image) {
  return encode(image.height, image.width, PNG_FORMAT_RGB, image.pixels);
}

void write_png(const std::filesystem::path& path, const GreyImage& image) {
  write_output(path, encode_png(image));
}

GreyImage parse_png(std::span<const std::byte> bytes, const std::string& file, Conversions* conversions) {
  const auto fail = [&](const std::string& what) { throw DataError(fmt::format("{}: {}", file, what)); };
  PngImage png;
  if (png_image_begin_read_from_memory(png.get(), bytes.data(), bytes.size()) == 0)
    fail(fmt::format("not a PNG file, or a damaged one: {}", png->message));
  require_sides(png->height, png->width, file);
  Conversions done = conversions_of(png->format);
  png->format &= PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_ALPHA;  // all else is converted to eight bits
  png->flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
  std::vector<uint8_t> samples(PNG_IMAGE_SIZE(*png.get()));
  if (png_image_finish_read(png.get(), nullptr, samples.data(), 0, nullptr) == 0)
    fail(fmt::format("a damaged PNG file: {}", png->message));
  const bool has_alpha = (png->format & PNG_FORMAT_FLAG_ALPHA) != 0;
  if (done.colour) samples = without_colour(samples, has_alpha);
  done.transparency = has_alpha && is_transparent(samples);
  if (conversions != nullptr) *conversions = done;
  return {.height = static_cast<int>(png->height),
          .width = static_cast<int>(png->width),
          .pixels = has_alpha ? on_ground(samples) : std::move(samples)};
}

GreyImage read_png(const std::filesystem::path& path) {
  return parse_png(read_file(path, kMaxPngBytes), path.string());
}

GreyImage image_grid(std::span<const uint8_t> images, int height, int width, const GridLayout& layout) {
  RUNG_REQUIRE(height > 0 && width > 0);
  RUNG_REQUIRE(layout.rows > 0 && layout.columns > 0 && layout.scale > 0 && layout.margin >= 0);
  const int cell_height = height * layout.scale + layout.margin;
  const int cell_width = width * layout.scale + layout.margin;
  GreyImage grid{.height = layout.rows * cell_height + layout.margin,
                 .width = layout.columns * cell_width + layout.margin,
                 .pixels = {}};
  RUNG_REQUIRE(std::max(grid.height, grid.width) <= 1 << 15);
  grid.pixels.assign(static_cast<size_t>(grid.height) * static_cast<size_t>(grid.width), layout.background);
  const auto image_size = static_cast<size_t>(height) * static_cast<size_t>(width);
  const int count = static_cast<int>(std::min(
      images.size() / image_size, static_cast<size_t>(layout.rows) * static_cast<size_t>(layout.columns)));
  for (int i = 0; i < count; ++i)
    paste(grid, images.data() + static_cast<size_t>(i) * image_size, height, width, layout.scale,
          layout.margin + i / layout.columns * cell_height, layout.margin + i % layout.columns * cell_width);
  return grid;
}

}  // namespace rung::data

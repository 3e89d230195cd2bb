// Uses libpng's simplified interface, which reports errors without longjmp.
#include "data/png.h"

#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <array>
#include <string_view>
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

// Copies one image, of planes, into the grid with its top left corner at (top, left).
void paste(Image& grid, const uint8_t* image, const ImageShape& shape, int scale, int top, int left) {
  for (int channel = 0; channel < shape.channels; ++channel) {
    for (int row = 0; row < shape.height * scale; ++row) {
      const ptrdiff_t start = static_cast<ptrdiff_t>(top + row) * grid.width + left;
      uint8_t* out = grid.pixels.data() + start * shape.channels + channel;
      const uint8_t* in =
          image + (static_cast<ptrdiff_t>(channel) * shape.height + row / scale) * shape.width;
      for (int column = 0; column < shape.width * scale; ++column, out += shape.channels)
        *out = in[column / scale];
    }
  }
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

// Says what colours the numbers stand for, by which libpng would change them.
bool is_colour_chunk(std::string_view type) {
  constexpr std::array<std::string_view, 4> kTypes = {"gAMA", "cHRM", "iCCP", "sRGB"};
  return std::ranges::find(kTypes, type) != kTypes.end();
}

// The file without such chunks; empty if it has none before its pixels, or is damaged.
std::vector<std::byte> without_colour_chunks(std::span<const std::byte> bytes) {
  constexpr size_t kSignature = 8;
  constexpr size_t kFrame = 12;  // length, type and checksum
  std::vector<std::byte> result;
  size_t kept = 0;  // up to here it is copied or left out
  for (size_t at = kSignature; bytes.size() - std::min(at, bytes.size()) >= kFrame;) {
    const std::string_view type(reinterpret_cast<const char*>(bytes.data()) + at + 4, 4);
    if (type == "IDAT") break;
    size_t length = 0;
    for (size_t i = 0; i < 4; ++i) length = length << 8 | std::to_integer<size_t>(bytes[at + i]);
    if (length > bytes.size() - at - kFrame) return {};
    const size_t next = at + kFrame + length;
    if (is_colour_chunk(type)) {
      result.insert(result.end(), bytes.begin() + static_cast<ptrdiff_t>(kept),
                    bytes.begin() + static_cast<ptrdiff_t>(at));
      kept = next;
    }
    at = next;
  }
  if (kept > 0) result.insert(result.end(), bytes.begin() + static_cast<ptrdiff_t>(kept), bytes.end());
  return result;
}

Conversions conversions_of(png_uint_32 format) {
  return {.sixteen_bits = (format & PNG_FORMAT_FLAG_LINEAR) != 0,
          .palette = (format & PNG_FORMAT_FLAG_COLORMAP) != 0,
          .colour = (format & PNG_FORMAT_FLAG_COLOR) != 0};
}

bool is_transparent(std::span<const uint8_t> pixels, int channels) {
  for (size_t at = static_cast<size_t>(channels) - 1; at < pixels.size(); at += static_cast<size_t>(channels))
    if (pixels[at] != 255) return true;
  return false;
}

}  // namespace

std::vector<std::byte> encode_png(const Image& image) {
  RUNG_REQUIRE(image.height > 0 && image.width > 0);
  PngImage png;
  png->width = static_cast<png_uint_32>(image.width);
  png->height = static_cast<png_uint_32>(image.height);
  png->format = image.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png->flags = PNG_IMAGE_FLAG_FAST;  // for small images and drawings: hardly larger, a quarter of the time
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(*png.get());
  std::vector<std::byte> bytes(size);
  if (png_image_write_to_memory(png.get(), bytes.data(), &size, 0, image.pixels.data(), 0, nullptr) == 0)
    throw IoError(fmt::format("cannot write a PNG image: {}", png->message));
  bytes.resize(size);
  return bytes;
}

void write_png(const std::filesystem::path& path, const Image& image) {
  write_output(path, encode_png(image));
}

Image parse_png(std::span<const std::byte> bytes, const std::string& file, Colours colours,
                Conversions* conversions) {
  const auto fail = [&](const std::string& what) { throw DataError(fmt::format("{}: {}", file, what)); };
  const std::vector<std::byte> plain = without_colour_chunks(bytes);
  if (!plain.empty()) bytes = plain;
  PngImage png;
  if (png_image_begin_read_from_memory(png.get(), bytes.data(), bytes.size()) == 0)
    fail(fmt::format("not a PNG file, or a damaged one: {}", png->message));
  require_decodable(png->height, png->width, file);
  Conversions done = conversions_of(png->format);
  png->format &= PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_ALPHA;  // all else is converted to eight bits
  png->flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
  std::vector<uint8_t> samples(PNG_IMAGE_SIZE(*png.get()));
  if (png_image_finish_read(png.get(), nullptr, samples.data(), 0, nullptr) == 0)
    fail(fmt::format("a damaged PNG file: {}", png->message));
  const bool has_alpha = (png->format & PNG_FORMAT_FLAG_ALPHA) != 0;
  const bool is_grey = !done.colour || colours == Colours::kGrey;
  if (done.colour && is_grey) samples = without_colour(samples, has_alpha);
  const int channels = is_grey ? 1 : 3;
  done.transparency = has_alpha && is_transparent(samples, channels + 1);
  if (conversions != nullptr) *conversions = done;
  if (has_alpha) samples = on_ground(samples, channels + 1);
  Image image{static_cast<int>(png->height), static_cast<int>(png->width), std::move(samples), channels};
  return colours == Colours::kRgb ? as_rgb(std::move(image)) : image;
}

Image read_png(const std::filesystem::path& path) {
  return parse_png(read_file(path, kMaxPngBytes), path.string());
}

Image image_grid(std::span<const uint8_t> images, const ImageShape& shape, const GridLayout& layout) {
  RUNG_REQUIRE(shape.height > 0 && shape.width > 0);
  RUNG_REQUIRE(layout.rows > 0 && layout.columns > 0 && layout.scale > 0 && layout.margin >= 0);
  const int cell_height = shape.height * layout.scale + layout.margin;
  const int cell_width = shape.width * layout.scale + layout.margin;
  Image grid{.height = layout.rows * cell_height + layout.margin,
             .width = layout.columns * cell_width + layout.margin,
             .pixels = {},
             .channels = shape.channels};
  RUNG_REQUIRE(std::max(grid.height, grid.width) <= 1 << 15);
  const auto bytes_of = [&](int height, int width) {
    return static_cast<size_t>(height) * static_cast<size_t>(width) * static_cast<size_t>(shape.channels);
  };
  grid.pixels.assign(bytes_of(grid.height, grid.width), layout.background);
  const size_t size = bytes_of(shape.height, shape.width);
  const int count = static_cast<int>(
      std::min(images.size() / size, static_cast<size_t>(layout.rows) * static_cast<size_t>(layout.columns)));
  for (int i = 0; i < count; ++i)
    paste(grid, images.data() + static_cast<size_t>(i) * size, shape, layout.scale,
          layout.margin + i / layout.columns * cell_height, layout.margin + i % layout.columns * cell_width);
  return grid;
}

}  // namespace rung::data

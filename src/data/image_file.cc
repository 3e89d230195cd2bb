#include "data/image_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "data/dataset_file.h"
#include "data/jpeg.h"
#include "data/png.h"

namespace rung::data {
namespace {

namespace fs = std::filesystem;

// The bytes that files of a kind begin with: of IDX only the zeros, so that the parser says what is wrong.
constexpr std::string_view kPng("\x89PNG\r\n\x1a\n");
constexpr std::string_view kJpeg("\xff\xd8\xff");
constexpr std::string_view kIdx("\0\0", 2);

bool begins_with(std::span<const std::byte> bytes, std::string_view start) {
  return bytes.size() >= start.size() &&
         std::ranges::equal(bytes.first(start.size()), std::as_bytes(std::span(start)));
}

ImageStack stack_of(const Image& image) {
  ImageStack images{1, image.height, image.width, image.channels, std::vector<uint8_t>(image.pixels.size())};
  to_planes(image.pixels, image.channels, images.pixels.data());
  return images;
}

// Images of other channels than were asked for.
ImageStack converted(const ImageStack& images, int channels) {
  ImageStack result{images.count, images.height, images.width, channels, {}};
  for (int i = 0; i < images.count; ++i) {
    Image image =
        from_planes(images.image(static_cast<size_t>(i)), images.height, images.width, images.channels);
    const ImageStack one = stack_of(channels == 1 ? as_grey(std::move(image)) : as_rgb(std::move(image)));
    result.pixels.insert(result.pixels.end(), one.pixels.begin(), one.pixels.end());
  }
  return result;
}

bool is_image(std::span<const std::byte> bytes) {
  return begins_with(bytes, kPng) || begins_with(bytes, kJpeg);
}

}  // namespace

Image parse_image(std::span<const std::byte> bytes, const std::string& file, Colours colours,
                  Conversions* conversions) {
  if (begins_with(bytes, kPng)) return parse_png(bytes, file, colours, conversions);
  if (begins_with(bytes, kJpeg)) return parse_jpeg(bytes, file, colours, conversions);
  throw DataError(fmt::format("{}: neither a PNG nor a JPEG file", file), "convert the image to PNG");
}

bool has_image_ending(const fs::path& file) {
  constexpr std::array kEnds = {".png", ".jpg", ".jpeg"};
  const std::string end = lowered(file.extension().string());
  return std::ranges::count(kEnds, end) > 0;
}

ImageFile read_images(const fs::path& file, int channels) {
  const RawFile raw = uncompressed(file.string(), read_file(file, kMaxIdxBytes));
  if (is_image(raw.bytes)) {
    const Colours colours = channels == 1 ? Colours::kGrey : Colours::kRgb;
    return {stack_of(parse_image(raw.bytes, raw.place, colours)), true};
  }
  if (!begins_with(raw.bytes, kIdx))
    throw DataError(fmt::format("{}: neither a PNG, a JPEG nor an IDX file", raw.place),
                    "convert the image to PNG");
  ImageStack images = parse_images_file(raw);
  return {images.channels == channels ? std::move(images) : converted(images, channels)};
}

std::vector<fs::path> image_files_in(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> files = entries_of(folder, error);
  if (error) throw IoError(fmt::format("cannot read {}: {}", folder.string(), error.message()));
  std::erase_if(files, [](const fs::path& file) {
    std::error_code ignored;
    return !has_image_ending(file) || file.filename().string().starts_with('.') ||
           fs::is_directory(file, ignored);
  });
  std::ranges::sort(files);
  return files;
}

}  // namespace rung::data

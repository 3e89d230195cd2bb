// Finding, reading and checking one of a dataset's four files; shared by loading and fetching.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/idx.h"
#include "data/registry.h"

namespace rung::data {

// A file's uncompressed content, and its name for messages.
struct RawFile {
  std::string place;
  std::vector<std::byte> bytes;
};

// The names that the file may have, without ".gz"; the first that exists is read. The first of all is the
// published one, "t10k-images-idx3-ubyte"; copies are also called "t10k-images.idx3-ubyte" and
// "test-images-idx3-ubyte", and images with channels "t10k-images-idx4-ubyte".
std::vector<std::string> spellings_of(DatasetFile file);

// The published name of a file of grey images, as it is called if they have channels:
// "train-images-idx4-ubyte".
std::string with_channels(std::string_view file_name);

// The path of the file, plain or with ".gz"; none if it does not exist.
std::optional<std::filesystem::path> find_dataset_file(const std::filesystem::path& folder, DatasetFile file);

// Throws IoError, which names files that look alike, if the file does not exist or cannot be read; DataError
// if it is too large or does not decompress.
RawFile read_dataset_file(const std::filesystem::path& folder, DatasetFile file);

// Decompresses `bytes` if their content is gzip, whatever the name says.
RawFile uncompressed(std::string place, std::vector<std::byte> bytes);

// Images of one size.
struct ImageStack {
  int count = 0;
  int height = 0;
  int width = 0;
  int channels = 1;             // 1: grey; 3: red, green and blue
  std::vector<uint8_t> pixels;  // in planes [count,channels,height,width]

  std::span<const uint8_t> image(size_t index) const {  // [channels,height,width]
    const size_t size = pixels.size() / static_cast<size_t>(count);
    return std::span(pixels).subspan(index * size, size);
  }
};

// The images [N,H,W] or [N,H,W,channels] in it. Throws DataError as parse_idx does, or if there are not 1 or
// 3 channels, or a side is longer than kMaxImageSide.
ImageStack parse_images_file(const RawFile& raw);

// The labels [N] in it. Throws DataError as parse_idx does.
std::vector<uint8_t> parse_labels_file(const RawFile& raw);

bool holds_images(DatasetFile file);

// Throws DataError unless the bytes are the published ones.
void check_sha256(const RawFile& raw, const DatasetInfo& info, DatasetFile file);

}  // namespace rung::data

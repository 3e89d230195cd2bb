// What the data tests share: generated IDX and gzip bytes, and a folder that is removed after the test.
#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/sha256.h"
#include "data/registry.h"

namespace rung::data {

inline std::vector<std::byte> idx_bytes(const std::vector<uint32_t>& dims,
                                        const std::vector<uint8_t>& values) {
  std::vector<std::byte> bytes = {std::byte{0}, std::byte{0}, std::byte{8},
                                  static_cast<std::byte>(dims.size())};
  for (const uint32_t extent : dims) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::byte>(extent >> shift));
  }
  for (const uint8_t value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

inline std::vector<std::byte> gzip_bytes(const std::vector<std::byte>& content) {
  z_stream stream{};
  if (deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc();
  std::vector<std::byte> output(deflateBound(&stream, content.size()));
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(output.data());
  stream.avail_out = static_cast<uInt>(output.size());
  const int result = deflate(&stream, Z_FINISH);
  output.resize(stream.total_out);
  deflateEnd(&stream);
  if (result != Z_STREAM_END) throw std::runtime_error("deflate did not finish");
  return output;
}

inline void write_bytes(const std::filesystem::path& path, const std::vector<std::byte>& bytes) {
  replace_file(path, std::span<const std::byte>(bytes));
}

// A dataset of three training and two test images of 1 x 2 pixels, in three classes.
inline std::vector<std::byte> tiny_file(int file) {
  switch (file) {
    case kTrainImages:
      return idx_bytes({3, 1, 2}, {0, 10, 20, 30, 40, 255});
    case kTrainLabels:
      return idx_bytes({3}, {0, 2, 1});
    case kTestImages:
      return idx_bytes({2, 1, 2}, {1, 2, 3, 4});
    default:
      return idx_bytes({2}, {2, 0});
  }
}

inline void write_tiny_dataset(const std::filesystem::path& folder) {
  for (int file = 0; file < kDatasetFileCount; ++file)
    write_bytes(folder / kFileNames[static_cast<size_t>(file)], tiny_file(file));
}

inline DatasetInfo tiny_info() {
  DatasetInfo info{.name = "tiny",
                   .height = 1,
                   .width = 2,
                   .classes = 3,
                   .train_images = 3,
                   .test_images = 2,
                   .sha256 = {},
                   .folders = {},
                   .mirrors = {},
                   .npm = {}};
  for (int file = 0; file < kDatasetFileCount; ++file)
    info.sha256[static_cast<size_t>(file)] = sha256_hex(tiny_file(file));
  return info;
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = testing::TempDir() + "rung-data-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace rung::data

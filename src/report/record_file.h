// A file of records in TFRecord's frames; it is created empty and only grows:
//   uint64 length | uint32 masked CRC-32C of the length | the record | uint32 masked CRC-32C of the record
// All numbers are little-endian.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace rung::report {

// A frame's checksum: TFRecord masks it, so that checksums over bytes that hold checksums stay sound.
uint32_t masked_crc32c(std::string_view bytes);

// The record in its frame.
std::string framed(std::string_view record);

class RecordFile {
 public:
  // Creates the file. Throws IoError, also if a file of that name exists.
  explicit RecordFile(std::filesystem::path path);
  ~RecordFile();
  RecordFile(const RecordFile&) = delete;
  RecordFile& operator=(const RecordFile&) = delete;

  // Throws IoError; the file then keeps its previous length.
  void append(std::string_view record);

  // Waits until the records are on disk. Throws IoError.
  void sync();

 private:
  std::filesystem::path path_;
  int descriptor_;
  int64_t size_ = 0;
};

}  // namespace rung::report

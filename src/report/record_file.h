// A file of records in TFRecord's frames, which is written from its beginning and grows at its end:
//   uint64 length | uint32 masked CRC-32C of the length | the record | uint32 masked CRC-32C of the record
// All numbers are little-endian.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace rung::report {

// A checksum as it stands in a frame: TFRecord changes it, so that a checksum over bytes that hold checksums
// is sound.
uint32_t masked_crc32c(std::string_view bytes);

// The record in its frame.
std::string framed(std::string_view record);

class RecordFile {
 public:
  // Makes the file. Throws IoError, also if there is one of that name.
  explicit RecordFile(std::filesystem::path path);
  ~RecordFile();
  RecordFile(const RecordFile&) = delete;
  RecordFile& operator=(const RecordFile&) = delete;

  // Throws IoError; then the file ends where it did before.
  void append(std::string_view record);

  // Waits until the disk has the records. Throws IoError.
  void sync();

 private:
  std::filesystem::path path_;
  int descriptor_;
  int64_t size_ = 0;
};

}  // namespace rung::report

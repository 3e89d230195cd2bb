// A new file that is written piece by piece. (What must replace another file goes through base/file.h.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

namespace rung {

class FileWriter {
 public:
  // Throws IoError (NoSpaceError) if the file exists or cannot be created.
  explicit FileWriter(std::filesystem::path path);
  ~FileWriter();
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  // Throw IoError (NoSpaceError).
  void write(std::span<const std::byte> bytes);
  void write(std::string_view text) { write(std::as_bytes(std::span(text))); }
  // Waits until the disk has it all. Nothing may be written afterwards.
  void finish();

 private:
  std::filesystem::path path_;
  int descriptor_;
};

}  // namespace rung

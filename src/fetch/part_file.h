// A file that arrives in pieces: PATH.part until it is complete. It stays on the disk if the program ends
// before, and PATH.part.origin beside it says which file it is the beginning of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace rung::fetch {

// What a server says of the file that it sends.
struct Origin {
  std::string url;
  std::string validator;  // its strong ETag, or its date; empty if the server gives neither
  uint64_t size = 0;      // bytes of the whole file, 0 while unknown

  friend bool operator==(const Origin&, const Origin&) = default;
};

class PartFile {
 public:
  // Opens the part that is there, or an empty one. Throws IoError if that fails, or if another process has
  // it open.
  explicit PartFile(const std::filesystem::path& path);
  // An empty part is removed; any other stays.
  ~PartFile();
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  uint64_t size() const { return size_; }
  const Origin& origin() const { return origin_; }  // of the bytes that are there

  // Drops what is there, to begin anew.
  void restart(const Origin& origin);
  // Throws IoError (NoSpaceError).
  void append(std::span<const std::byte> bytes);
  // The part becomes the file.
  void complete();

 private:
  void read_origin();
  void remove();

  std::filesystem::path path_;
  std::filesystem::path part_;
  std::filesystem::path origin_file_;
  int descriptor_;
  uint64_t size_ = 0;
  Origin origin_;
};

}  // namespace rung::fetch

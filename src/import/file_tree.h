// The files of a source, wherever they lie: in a folder, as single files, or in an archive.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "import/options.h"

namespace rung::imports {

// Bytes that come one after the other.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // Fills as much as there is, from the front; less than asked for only at the end. Throws IoError,
  // DataError.
  virtual size_t read(std::span<std::byte> bytes) = 0;
};

class FileTree {
 public:
  struct File {
    std::string path;   // relative, its parts separated by '/'
    size_t number = 0;  // among the files as the tree found them
  };

  virtual ~FileTree() = default;

  // In natural order of their paths.
  const std::vector<File>& files() const { return files_; }
  // Folders that hold nothing that counts, and what was passed over, for the user to see.
  const std::vector<std::string>& empty_folders() const { return empty_folders_; }
  const std::vector<std::string>& skipped() const { return skipped_; }

  // Drops the files whose paths lack the text. Throws UsageError if none is left.
  void keep_only(std::string_view text);

  // What messages call it: "mine/train/0/1.png", "mine.zip: train/0/1.png".
  virtual std::string place(size_t file) const = 0;

  // Bytes, as it is stored. Throws IoError.
  virtual uint64_t size(size_t file) const = 0;

  // Where the file itself lies on the disk; none if it is in an archive.
  virtual std::optional<std::filesystem::path> disk_path(size_t file) const = 0;

  // The file's content; what is compressed by gzip or bzip2 is decompressed.
  virtual std::unique_ptr<ByteStream> open(size_t file) const = 0;

  // Calls task(file, content) for each of the files, which have at most `max_bytes`, in any order and on
  // several threads. If tasks throw, the error of a file that is among the first is thrown, the same each
  // time.
  virtual void read_each(std::span<const size_t> files, uint64_t max_bytes, const Work& work,
                         const std::function<void(size_t file, std::span<const std::byte>)>& task) const = 0;

 protected:
  // Puts files into order.
  void sort_files();

  std::vector<File> files_;
  std::vector<std::string> empty_folders_;
  std::vector<std::string> skipped_;
};

// A name that no data set means: hidden, or what systems leave behind (__MACOSX, Thumbs.db, desktop.ini).
bool is_litter(std::string_view name);

// The source's files: one folder, one archive, or one or more files. Throws IoError, DataError, UsageError.
std::unique_ptr<FileTree> open_tree(std::span<const std::filesystem::path> sources);

// Calls task(i) for 0 <= i < count on the pool's threads. If tasks throw, the first one's error is thrown.
void for_each_in_order(ThreadPool& pool, size_t count, const std::function<void(size_t)>& task);

// The whole of a stream. Throws DataError if it has more than `max_bytes`; `place` names it.
std::vector<std::byte> read_whole(ByteStream& stream, uint64_t max_bytes, const std::string& place);

}  // namespace rung::imports

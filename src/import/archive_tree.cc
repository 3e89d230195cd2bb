// Two passes: the first lists and checks the entries, the others read. What an entry claims bounds what it
// may give.
#include "import/archive_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "import/decompressed.h"
#include "import/disk_tree.h"
#include "import/libarchive.h"

namespace rung::imports {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostEntries = 5'000'000;
constexpr uint64_t kMostBytes = uint64_t{64} << 30;  // of all entries together
constexpr size_t kReadBytes = 256 * 1024;

struct ArchiveFile {
  fs::path path;
  std::string name;  // in messages
};

[[noreturn]] void fail(const ArchiveFile& file, const std::string& what, const std::string& hint = "") {
  throw DataError(fmt::format("{}: {}", file.name, what), hint);
}

std::string reason(archive* reader) {
  const char* text = libarchive().error_string(reader);
  return text != nullptr ? quotable(text) : "the archive is damaged";
}

// Of a zip archive the central directory counts, so that one that is cut off is damaged.
ArchiveReader open_archive(const ArchiveFile& file) {
  ArchiveReader reader = new_archive_reader();
  libarchive().support_zip(reader.get());
  libarchive().support_tar(reader.get());
  libarchive().support_gzip(reader.get());
  libarchive().support_bzip2(reader.get());
  if (libarchive().open_filename(reader.get(), file.path.c_str(), kReadBytes) != ARCHIVE_OK)
    fail(file, reason(reader.get()));
  return reader;
}

// Null at the end.
archive_entry* next_entry(archive* reader, const ArchiveFile& file) {
  archive_entry* entry = nullptr;
  const int result = libarchive().next_header(reader, &entry);
  if (result == ARCHIVE_EOF) return nullptr;
  if (result != ARCHIVE_OK && result != ARCHIVE_WARN) fail(file, reason(reader));
  return entry;
}

// Without "./" in front.
std::string path_of(archive_entry* entry, const ArchiveFile& file) {
  const char* name = libarchive().entry_pathname_utf8(entry);
  if (name == nullptr) name = libarchive().entry_pathname(entry);
  if (name == nullptr) fail(file, "an entry has a name that cannot be read");
  std::string_view path = name;
  while (path.starts_with("./")) path.remove_prefix(2);
  return std::string(path);
}

void require_inside(const std::string& path, const ArchiveFile& file) {
  const fs::path parts(path);
  if (parts.is_absolute() || std::ranges::count(parts, fs::path("..")) > 0)
    fail(file, fmt::format("the path {} leads out of the archive", quotable(path)));
}

bool is_hardlink(archive_entry* entry) {
  return libarchive().entry_hardlink(entry) != nullptr;
}

void require_plain(archive_entry* entry, const std::string& path, const ArchiveFile& file) {
  const auto type = libarchive().entry_filetype(entry);
  if (libarchive().entry_is_encrypted(entry) != 0)
    fail(file, fmt::format("{} is encrypted", quotable(path)), "unpack the archive, and import the folder");
  if (is_hardlink(entry) || type == AE_IFLNK)
    fail(file, fmt::format("{} is a link, which is not followed", quotable(path)),
         "unpack the archive, and import the folder");
  if (type != AE_IFREG && type != AE_IFDIR)
    fail(file, fmt::format("{} is neither a file nor a folder", quotable(path)));
}

class ArchiveStream final : public ByteStream {
 public:
  // `reader` stands at the entry.
  ArchiveStream(ArchiveReader reader, const ArchiveFile& file, std::string path, uint64_t most)
      : reader_(std::move(reader)), file_(file), path_(std::move(path)), most_(most) {}

  size_t read(std::span<std::byte> bytes) override {
    size_t filled = 0;
    while (filled < bytes.size()) {
      const la_ssize_t got =
          libarchive().read_data(reader_.get(), bytes.data() + filled, bytes.size() - filled);
      if (got < 0) fail(file_, fmt::format("{}: {}", quotable(path_), reason(reader_.get())));
      if (got == 0) break;
      filled += static_cast<size_t>(got);
    }
    given_ += filled;
    if (given_ > most_)
      fail(file_, fmt::format("{} holds more than the {} bytes that it claims", quotable(path_), most_));
    return filled;
  }

  // Goes on at the next of the chosen entries.
  ArchiveReader release() { return std::move(reader_); }

 private:
  ArchiveReader reader_;
  const ArchiveFile& file_;
  std::string path_;
  uint64_t most_;
  uint64_t given_ = 0;
};

class ArchiveTree final : public FileTree {
 public:
  explicit ArchiveTree(ArchiveFile file) : file_(std::move(file)) {
    list();
    sort_files();
  }

  std::string place(size_t file) const override {
    return fmt::format("{}: {}", file_.name, quotable(files_[file].path));
  }

  uint64_t size(size_t file) const override { return sizes_[files_[file].number]; }

  std::optional<fs::path> disk_path(size_t) const override { return std::nullopt; }

  std::unique_ptr<ByteStream> open(size_t file) const override {
    ArchiveReader reader = open_archive(file_);
    for (size_t entry = 0; entry <= entry_of(file); ++entry) require_entry(reader.get());
    auto stream = std::make_unique<ArchiveStream>(std::move(reader), file_, files_[file].path, size(file));
    return decompressed(std::move(stream), place(file));
  }

  void read_each(std::span<const size_t> files, uint64_t max_bytes, const Work& work,
                 const std::function<void(size_t, std::span<const std::byte>)>& task) const override {
    std::vector<size_t> order(files.begin(), files.end());
    std::ranges::sort(order, {}, [&](size_t file) { return entry_of(file); });
    ArchiveReader reader = open_archive(file_);
    Batch batch;
    size_t entry = 0;
    for (size_t i = 0; i < order.size(); ++i) {
      for (; entry <= entry_of(order[i]); ++entry) require_entry(reader.get());
      ArchiveStream stream(std::move(reader), file_, files_[order[i]].path, size(order[i]));
      batch.add(order[i], read_whole(stream, max_bytes, place(order[i])));
      reader = stream.release();
      if (!batch.is_full() && i + 1 < order.size()) continue;
      batch.run(work, task);
      work.report("images", i + 1, order.size());
    }
  }

 private:
  // Contents that wait for the threads.
  class Batch {
   public:
    void add(size_t file, std::vector<std::byte> content) {
      bytes_ += content.size();
      contents_.emplace_back(file, std::move(content));
    }
    bool is_full() const { return contents_.size() >= kMostFiles || bytes_ >= kMostWaiting; }
    void run(const Work& work, const std::function<void(size_t, std::span<const std::byte>)>& task) {
      for_each_in_order(work.pool, contents_.size(),
                        [&](size_t i) { task(contents_[i].first, contents_[i].second); });
      contents_.clear();
      bytes_ = 0;
    }

   private:
    static constexpr size_t kMostFiles = 256;
    static constexpr size_t kMostWaiting = 32 << 20;

    std::vector<std::pair<size_t, std::vector<std::byte>>> contents_;
    size_t bytes_ = 0;
  };

  size_t entry_of(size_t file) const { return entries_[files_[file].number]; }

  void require_entry(archive* reader) const {
    if (next_entry(reader, file_) == nullptr) fail(file_, "the archive changed while it was read");
  }

  void list() {
    const ArchiveReader reader = open_archive(file_);
    std::set<std::string> seen;
    uint64_t bytes = 0;
    size_t entries = 0;
    while (archive_entry* entry = next_entry(reader.get(), file_)) {
      if (++entries > kMostEntries) fail(file_, fmt::format("more than {} entries", kMostEntries));
      const std::string path = path_of(entry, file_);
      require_inside(path, file_);
      require_plain(entry, path, file_);
      const uint64_t size = libarchive().entry_size_is_set(entry) != 0
                                ? static_cast<uint64_t>(libarchive().entry_size(entry))
                                : 0;
      if (size > kMostBytes - bytes)
        fail(file_, fmt::format("its files have more than {} bytes", kMostBytes));
      bytes += size;
      add(entry, path, entries - 1, size, seen);
    }
    skipped_.assign(litter_.begin(), litter_.end());
    find_empty_folders();
  }

  void add(archive_entry* entry, const std::string& path, size_t number, uint64_t size,
           std::set<std::string>& seen) {
    if (const auto litter = litter_in(path)) {
      litter_.insert(*litter);
    } else if (libarchive().entry_filetype(entry) == AE_IFDIR) {
      if (!path.empty()) folders_.insert(path.ends_with('/') ? path : path + "/");
    } else {
      if (!seen.insert(path).second) fail(file_, fmt::format("{} is there twice", quotable(path)));
      files_.push_back({path, files_.size()});
      entries_.push_back(number);
      sizes_.push_back(size);
    }
  }

  // The path up to its first part that means nothing.
  static std::optional<std::string> litter_in(const std::string& path) {
    for (size_t begin = 0; begin < path.size();) {
      const size_t end = std::min(path.find('/', begin), path.size());
      if (is_litter(path.substr(begin, end - begin))) return path.substr(0, end);
      begin = end + 1;
    }
    return std::nullopt;
  }

  void find_empty_folders() {
    std::set<std::string> filled;
    for (const File& file : files_)
      for (size_t end = file.path.find('/'); end != std::string::npos; end = file.path.find('/', end + 1))
        filled.insert(file.path.substr(0, end + 1));
    std::ranges::set_difference(folders_, filled, std::back_inserter(empty_folders_));
  }

  ArchiveFile file_;
  // Of the files as they were found:
  std::vector<size_t> entries_;  // their numbers in the archive
  std::vector<uint64_t> sizes_;
  std::set<std::string> folders_;
  std::set<std::string> litter_;
};

// A POSIX header has this word, and GNU's a similar one.
bool is_tar(std::span<const std::byte> bytes) {
  constexpr size_t kMagic = 257;
  constexpr std::string_view kWord = "ustar";
  return bytes.size() >= kMagic + kWord.size() &&
         std::ranges::equal(bytes.subspan(kMagic, kWord.size()), std::as_bytes(std::span(kWord)));
}

bool is_zip(std::span<const std::byte> bytes) {
  const auto begins = [&](std::string_view magic) {
    return bytes.size() >= magic.size() &&
           std::ranges::equal(bytes.first(magic.size()), std::as_bytes(std::span(magic)));
  };
  return begins("PK\x03\x04") || begins("PK\x05\x06");
}

}  // namespace

bool is_archive(const fs::path& file) {
  constexpr size_t kHeader = 512;
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored) || file.extension() == ".npz") return false;
  const std::vector<fs::path> alone = {file};
  std::vector<std::byte> begin(kHeader);
  try {
    begin.resize(make_disk_tree(alone)->open(0)->read(begin));
  } catch (const DataError&) {  // what is damaged is some file
    return false;
  }
  return is_zip(begin) || is_tar(begin);
}

std::unique_ptr<FileTree> make_archive_tree(const fs::path& file) {
  return make_archive_tree(file, quotable(file.string()));
}

std::unique_ptr<FileTree> make_archive_tree(const fs::path& file, const std::string& name) {
  return std::make_unique<ArchiveTree>(ArchiveFile{file, name});
}

}  // namespace rung::imports

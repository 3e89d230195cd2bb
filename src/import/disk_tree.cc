#include "import/disk_tree.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "import/decompressed.h"

namespace rung::imports {
namespace {

namespace fs = std::filesystem;

class DiskStream final : public ByteStream {
 public:
  explicit DiskStream(fs::path path)
      : path_(std::move(path)), descriptor_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (descriptor_ < 0) fail();
  }
  ~DiskStream() override { ::close(descriptor_); }
  DiskStream(const DiskStream&) = delete;
  DiskStream& operator=(const DiskStream&) = delete;

  size_t read(std::span<std::byte> bytes) override {
    size_t filled = 0;
    while (filled < bytes.size()) {
      const ssize_t got = ::read(descriptor_, bytes.data() + filled, bytes.size() - filled);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) fail();
      if (got == 0) break;
      filled += static_cast<size_t>(got);
    }
    return filled;
  }

 private:
  [[noreturn]] void fail() const {
    throw IoError(fmt::format("cannot read {}: {}", quotable(path_.string()), reason(errno)));
  }

  fs::path path_;
  int descriptor_;
};

class DiskTree final : public FileTree {
 public:
  explicit DiskTree(std::span<const fs::path> sources) {
    for (const fs::path& source : sources) {
      std::error_code ignored;
      if (!fs::is_directory(source, ignored)) {
        add_file(source, source.filename().generic_string());
      } else {
        add_folder(source, sources.size() == 1 ? "" : name_of(source) + "/");
      }
    }
    sort_files();
    require_different();
  }

  std::string place(size_t file) const override { return quotable(path_of(file)); }

  uint64_t size(size_t file) const override {
    std::error_code error;
    const uint64_t bytes = fs::file_size(path_of(file), error);
    if (error) throw IoError(fmt::format("cannot read {}: {}", place(file), error.message()));
    return bytes;
  }

  std::optional<fs::path> disk_path(size_t file) const override { return path_of(file); }

  std::unique_ptr<ByteStream> open(size_t file) const override {
    return decompressed(std::make_unique<DiskStream>(path_of(file)), place(file));
  }

  void read_each(std::span<const size_t> files, uint64_t max_bytes, const Work& work,
                 const std::function<void(size_t, std::span<const std::byte>)>& task) const override {
    constexpr size_t kAtOnce = 256;
    for (size_t done = 0; done < files.size(); done += kAtOnce) {
      const auto some = files.subspan(done, std::min(kAtOnce, files.size() - done));
      for_each_in_order(work.pool, some.size(),
                        [&](size_t i) { task(some[i], read_file(path_of(some[i]), max_bytes)); });
      work.report("images", done + some.size(), files.size());
    }
  }

 private:
  static std::string name_of(const fs::path& folder) {
    const fs::path whole = fs::weakly_canonical(fs::absolute(folder));
    return whole.filename().generic_string();
  }

  const std::string& path_of(size_t file) const { return paths_[files_[file].number]; }

  void add_file(const fs::path& path, std::string name) {
    files_.push_back({std::move(name), paths_.size()});
    paths_.push_back(path.native());
  }

  void require_different() const {
    const auto twice = std::ranges::adjacent_find(files_, {}, &File::path);
    if (twice != files_.end())
      throw UsageError(fmt::format("two of the files are called {}", quotable(twice->path)),
                       "rename one of them");
  }

  // Depth first, without a stack of folders that a deep tree could exhaust.
  void add_folder(const fs::path& root, const std::string& prefix) {
    std::vector<std::pair<fs::path, std::string>> folders = {{root, prefix}};
    while (!folders.empty()) {
      const auto [folder, name] = folders.back();
      folders.pop_back();
      bool is_empty = true;
      std::error_code error;
      for (fs::directory_iterator at(folder, error); !error && at != end(at); at.increment(error)) {
        const std::string entry = at->path().filename().string();
        std::error_code unknown;  // a link to nothing, perhaps
        const bool is_folder = at->is_directory(unknown);
        if (is_litter(entry) || (is_folder && at->is_symlink(unknown)) ||
            (!is_folder && !at->is_regular_file(unknown))) {
          skipped_.push_back(name + entry);
          continue;
        }
        is_empty = false;
        if (is_folder) {
          folders.emplace_back(at->path(), name + entry + "/");
        } else {
          add_file(at->path(), name + entry);
        }
      }
      if (error) throw IoError(fmt::format("cannot read {}: {}", quotable(folder.string()), error.message()));
      if (is_empty && !name.empty()) empty_folders_.push_back(name);
    }
    std::ranges::sort(empty_folders_);
    std::ranges::sort(skipped_);
  }

  std::vector<std::string> paths_;  // of the files as they were found
};

}  // namespace

std::unique_ptr<FileTree> make_disk_tree(std::span<const fs::path> sources) {
  return std::make_unique<DiskTree>(sources);
}

}  // namespace rung::imports

#include "import/piece_tree.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace rung::imports {
namespace {

namespace fs = std::filesystem;

class PieceStream final : public ByteStream {
 public:
  PieceStream(const fs::path& path, uint64_t offset, uint64_t size)
      : path_(path), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), offset_(offset), left_(size) {
    if (descriptor_ < 0) fail(reason(errno));
  }
  ~PieceStream() override { ::close(descriptor_); }
  PieceStream(const PieceStream&) = delete;
  PieceStream& operator=(const PieceStream&) = delete;

  size_t read(std::span<std::byte> bytes) override {
    const auto some = static_cast<size_t>(std::min<uint64_t>(bytes.size(), left_));
    for (bytes = bytes.first(some); !bytes.empty();) {
      const ssize_t got = ::pread(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset_));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) fail(got < 0 ? reason(errno) : "it ends too early");
      offset_ += static_cast<uint64_t>(got);
      bytes = bytes.subspan(static_cast<size_t>(got));
    }
    left_ -= some;
    return some;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw IoError(fmt::format("cannot read {}: {}", quotable(path_.string()), what));
  }

  const fs::path& path_;
  int descriptor_;
  uint64_t offset_;
  uint64_t left_;
};

class PieceTree final : public FileTree {
 public:
  PieceTree(std::vector<fs::path> containers, std::vector<Piece> pieces)
      : containers_(std::move(containers)), pieces_(std::move(pieces)) {
    for (const Piece& piece : pieces_) files_.push_back({piece.path, files_.size()});
  }

  std::string place(size_t file) const override { return pieces_[file].place; }

  uint64_t size(size_t file) const override { return pieces_[file].size; }

  std::optional<fs::path> disk_path(size_t) const override { return std::nullopt; }

  std::unique_ptr<ByteStream> open(size_t file) const override {
    const Piece& piece = pieces_[file];
    return std::make_unique<PieceStream>(containers_[piece.container], piece.offset, piece.size);
  }

  void read_each(std::span<const size_t> files, uint64_t max_bytes, const Work& work,
                 const std::function<void(size_t, std::span<const std::byte>)>& task) const override {
    constexpr size_t kAtOnce = 256;
    for (size_t done = 0; done < files.size(); done += kAtOnce) {
      const auto some = files.subspan(done, std::min(kAtOnce, files.size() - done));
      for_each_in_order(work.pool, some.size(), [&](size_t i) {
        task(some[i], read_whole(*open(some[i]), max_bytes, place(some[i])));
      });
      work.report("images", done + some.size(), files.size());
    }
  }

 private:
  std::vector<fs::path> containers_;
  std::vector<Piece> pieces_;
};

}  // namespace

std::unique_ptr<FileTree> make_piece_tree(std::vector<fs::path> containers, std::vector<Piece> pieces) {
  return std::make_unique<PieceTree>(std::move(containers), std::move(pieces));
}

}  // namespace rung::imports

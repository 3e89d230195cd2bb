#include "import/disk_copies.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/file_writer.h"

namespace rung::imports {
namespace {

namespace fs = std::filesystem;

// (Without waiting for the disk: it is read again at once.)
void copy(ByteStream& stream, const fs::path& to) {
  constexpr size_t kPieceBytes = 1 << 20;
  FileWriter file(to);
  std::vector<std::byte> bytes(kPieceBytes);
  for (size_t got = bytes.size(); got == bytes.size();) {
    got = stream.read(bytes);
    file.write(std::string_view(reinterpret_cast<const char*>(bytes.data()), got));
  }
}

}  // namespace

std::unique_ptr<ScratchFolder> make_scratch(const Options& options) {
  const fs::path out = fs::absolute(options.out.has_filename() ? options.out : options.out.parent_path());
  fs::path parent = out.parent_path();
  while (parent.has_relative_path() && !is_there(parent)) parent = parent.parent_path();
  return std::make_unique<ScratchFolder>(parent, out.filename().string() + ".import");
}

fs::path DiskCopies::on_disk(const FileTree& tree, size_t file) {
  if (const auto path = tree.disk_path(file)) return *path;
  if (!folder_) folder_ = make_scratch(options_);
  fs::path copy_path = folder_->path() /
                       fmt::format("{}{}", ++copies_, fs::path(tree.files()[file].path).extension().string());
  copy(*tree.open(file), copy_path);
  return copy_path;
}

}  // namespace rung::imports

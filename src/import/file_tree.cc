#include "import/file_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "import/archive_tree.h"
#include "import/disk_tree.h"
#include "import/natural_order.h"

namespace rung::imports {

namespace fs = std::filesystem;

void FileTree::sort_files() {
  std::ranges::sort(files_, natural_less, [](const File& file) { return std::string_view(file.path); });
}

void FileTree::keep_only(std::string_view text) {
  const size_t before = files_.size();
  std::erase_if(files_, [&](const File& file) { return file.path.find(text) == std::string::npos; });
  empty_folders_.clear();
  if (files_.empty())
    throw UsageError(
        fmt::format("none of the {} has {} in its path", counted(before, "file"), quotable(text)));
}

bool is_litter(std::string_view name) {
  constexpr std::array<std::string_view, 3> kNames = {"__MACOSX", "Thumbs.db", "desktop.ini"};
  return name.starts_with('.') || std::ranges::count(kNames, name) > 0;
}

std::unique_ptr<FileTree> open_tree(std::span<const fs::path> sources) {
  for (const fs::path& source : sources)
    if (!is_there(source)) throw IoError(fmt::format("there is no {}", quotable(source.string())));
  const auto archive = std::ranges::find_if(sources, is_archive);
  if (archive == sources.end()) return make_disk_tree(sources);
  if (sources.size() > 1)
    throw UsageError(fmt::format("{} is an archive, which is imported alone", quotable(archive->string())),
                     "unpack it, and name its files");
  return make_archive_tree(*archive);
}

void for_each_in_order(ThreadPool& pool, size_t count, const std::function<void(size_t)>& task) {
  std::vector<std::exception_ptr> errors(count);
  pool.for_each(static_cast<int>(count), [&](int index, int) {
    const auto i = static_cast<size_t>(index);
    try {
      task(i);
    } catch (...) {
      errors[i] = std::current_exception();
    }
  });
  const auto first =
      std::ranges::find_if(errors, [](const std::exception_ptr& error) { return error != nullptr; });
  if (first != errors.end()) std::rethrow_exception(*first);
}

std::vector<std::byte> read_whole(ByteStream& stream, uint64_t max_bytes, const std::string& place) {
  constexpr uint64_t kFirst = 64 * 1024;
  std::vector<std::byte> content(std::min(kFirst, max_bytes + 1));
  size_t filled = 0;
  while (true) {
    filled += stream.read(std::span(content).subspan(filled));
    if (filled > max_bytes)
      throw DataError(fmt::format("{}: more than the {} bytes that such a file may have", place, max_bytes));
    if (filled < content.size()) break;
    content.resize(std::min<uint64_t>(content.size() * 2, max_bytes + 1));
  }
  content.resize(filled);
  return content;
}

}  // namespace rung::imports

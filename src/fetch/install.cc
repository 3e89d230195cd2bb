// Everything is written to a scratch folder beside the target; two renames make the change.
#include "fetch/install.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string>
#include <system_error>

#include "base/error.h"
#include "base/file.h"
#include "base/scratch_folder.h"
#include "data/dataset_description.h"
#include "data/dataset_file.h"

namespace rung::fetch {
namespace {

bool is_dataset_file(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_directory(std::filesystem::symlink_status(path, error))) return false;
  if (path.filename() == data::kDescriptionFile) return true;
  const auto name = path.extension() == ".gz" ? path.stem().string() : path.filename().string();
  return std::ranges::any_of(data::kDatasetFiles, [&](data::DatasetFile file) {
    const auto names = data::spellings_of(file);
    return std::ranges::find(names, name) != names.end();
  });
}

// Never deletes files that are not the dataset's.
void check_replaceable(const std::filesystem::path& folder) {
  std::error_code error;
  for (const auto& entry : entries_of(folder, error)) {
    if (!is_dataset_file(entry))
      throw IoError(fmt::format("cannot replace {}: it holds {}", folder.string(), entry.filename().string()),
                    "move that file or folder away");
  }
  if (error) throw IoError(fmt::format("cannot replace {}: {}", folder.string(), error.message()));
}

void rename_folder(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::error_code error;
  std::filesystem::rename(from, to, error);
  if (error) throw IoError(fmt::format("cannot create {}: {}", to.string(), error.message()));
}

}  // namespace

void put_in_place(const std::filesystem::path& fresh, const std::filesystem::path& folder,
                  const ScratchFolder& scratch) {
  if (!std::filesystem::exists(folder)) return rename_folder(fresh, folder);
  check_replaceable(folder);
  const auto old = scratch.path() / ".old";
  rename_folder(folder, old);
  try {
    rename_folder(fresh, folder);
  } catch (...) {
    rename_folder(old, folder);
    throw;
  }
}

void install_files(const FileContents& contents, const std::filesystem::path& folder) {
  const ScratchFolder scratch(folder.parent_path(), folder.filename().string());
  const auto fresh = scratch.path() / "new";
  make_writable_folder(fresh);
  for (size_t file = 0; file < contents.size(); ++file)
    replace_file(fresh / data::kFileNames[file], std::span<const std::byte>(contents[file]));
  put_in_place(fresh, folder, scratch);
}

}  // namespace rung::fetch

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
#include "base/text.h"
#include "data/dataset.h"
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

// Whether a description says that the folder is something else. (Published files that are the dataset's four
// have none; the others' is ours.)
bool is_described_otherwise(const data::DatasetInfo& info, const std::filesystem::path& folder) {
  try {
    const auto description = data::read_description(folder);
    return description && (!info.published || description->name != info.name);
  } catch (const Error&) {
    return !info.published;
  }
}

// Damaged, perhaps, or of another edition.
bool may_be_a_copy(const data::DatasetInfo& info, const std::filesystem::path& folder) {
  if (is_described_otherwise(info, folder)) return false;
  try {
    const data::Dataset held = data::load_dataset(folder.string() + "/", "");
    return !info.published && held.train.height == info.height && held.train.width == info.width &&
           held.train.count == info.train_images && held.test.count == info.test_images;
  } catch (const Error&) {
    return true;
  }
}

void rename_folder(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::error_code error;
  std::filesystem::rename(from, to, error);
  if (error) throw IoError(fmt::format("cannot create {}: {}", to.string(), error.message()));
}

}  // namespace

void require_replaceable(const data::DatasetInfo& info, const std::filesystem::path& folder) {
  if (!is_there(folder) || may_be_a_copy(info, folder)) return;
  throw IoError(
      fmt::format("cannot replace {}: it holds other images than {}'s", quotable(folder.string()), info.name),
      "move that folder away");
}

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

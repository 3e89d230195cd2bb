#include "fetch/download_folder.h"

#include <system_error>

#include "base/error.h"
#include "base/file.h"

namespace rung::fetch {
namespace {

namespace fs = std::filesystem;

bool has_begun(const fs::path& file) {
  std::error_code ignored;
  return fs::exists(file.string() + ".part", ignored);
}

// Whether the file passes; if not, it is removed.
bool passes(const fs::path& file, const DownloadFolder::Check& check) {
  try {
    check(file);
    return true;
  } catch (const DataError&) {
    drop_download(file);
    return false;
  }
}

}  // namespace

DownloadFolder::DownloadFolder(const fs::path& root, const std::string& family)
    : parent_(root / ".downloads"), path_(parent_ / family) {}

DownloadFolder::~DownloadFolder() {
  std::error_code ignored;  // of a folder that is not empty
  fs::remove(path_, ignored);
  fs::remove(parent_, ignored);
}

fs::path DownloadFolder::fetch(const std::string& name, const std::string& url, uint64_t max_bytes,
                               const Check& check, const DownloadProgress& progress) const {
  make_writable_folder(path_);
  fs::path file = path_of(name);
  if (check && is_there(file) && passes(file, check)) return file;
  const Checked checked = check ? Checked::kYes : Checked::kNo;
  const bool was_begun = has_begun(file);
  download(url, file, max_bytes, checked, progress);
  if (!check || (was_begun && passes(file, check))) return file;
  if (was_begun) download(url, file, max_bytes, checked, progress);
  try {
    check(file);
  } catch (const DataError&) {
    drop_download(file);
    throw;
  }
  return file;
}

void DownloadFolder::drop(const std::string& name) const {
  drop_download(path_of(name));
}

}  // namespace rung::fetch

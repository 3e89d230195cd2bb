#include "base/new_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/file.h"

namespace rung {
namespace {

namespace fs = std::filesystem;

// A new name is durable only once its folder is synced. Some file systems cannot do so.
void sync(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

// False if something has that name already.
bool create(const fs::path& path) {
  const fs::path parent = path.has_parent_path() ? path.parent_path() : ".";
  while (true) {
    make_writable_folder(parent);
    if (::mkdir(path.c_str(), 0777) == 0) break;
    if (errno == EEXIST) return false;
    if (errno != ENOENT) throw_cannot_write(path, errno);  // otherwise the empty parent was removed meanwhile
  }
  sync(parent);
  return true;
}

}  // namespace

fs::path numbered(const fs::path& name, int number) {
  fs::path path = name;
  return number == 1 ? path : path += fmt::format("-{}", number);
}

NewFolder::NewFolder(const fs::path& name) {
  std::error_code ignored;
  for (fs::path parent = name.parent_path(); !parent.empty() && !fs::exists(parent, ignored);
       parent = parent.parent_path())
    missing_.push_back(parent);
  int number = 1;
  while (!create(numbered(name, number))) ++number;
  path_ = numbered(name, number);
}

NewFolder::~NewFolder() {
  std::error_code ignored;
  fs::remove(path_, ignored);  // only if empty
  for (const fs::path& parent : missing_) fs::remove(parent, ignored);
}

}  // namespace rung

#include "base/scratch_folder.h"

#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "base/error.h"

namespace rung {

ScratchFolder::ScratchFolder(const std::filesystem::path& parent, std::string_view name) {
  std::string pattern = (parent / fmt::format(".{}.XXXXXX", name)).string();
  if (::mkdtemp(pattern.data()) == nullptr)
    throw IoError(fmt::format("cannot create a folder in {}: {}", parent.string(),
                              std::generic_category().message(errno)));
  path_ = pattern;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace rung

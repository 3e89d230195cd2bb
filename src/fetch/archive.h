// Reads named files from a tar archive in memory, with libarchive. It never extracts to a path that the
// archive chooses: members come back in memory.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace rung::fetch {

// The contents of the regular files called exactly `names` in the archive, in the order of `names`. `file`
// names the bytes in error messages. Throws DataError if the archive is damaged, lacks one of the names, has
// one twice or not as a regular file, or states a size for it that exceeds the archive's.
std::vector<std::vector<std::byte>> read_tar_members(std::span<const std::byte> bytes,
                                                     const std::string& file,
                                                     std::span<const std::string> names);

}  // namespace rung::fetch

// Picking named files out of a compressed tar archive, by libarchive. Nothing is ever extracted to a path
// that the archive chooses: members come back in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace rung::data {

// The contents of the regular files called exactly `names` in the gzip-compressed tar file, in the order of
// `names`. Throws IoError if the archive cannot be read, DataError if it is damaged, lacks one of the names,
// has one twice, or if it or one of them is larger than `max_bytes`.
std::vector<std::vector<std::byte>> read_tar_members(const std::filesystem::path& archive,
                                                     std::span<const std::string> names, uint64_t max_bytes);

}  // namespace rung::data

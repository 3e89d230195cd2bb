// Puts a dataset's four files in place all at once, so that a partial set never appears.
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <vector>

#include "data/registry.h"

namespace rung::fetch {

// The four files, uncompressed, in the order of data::DatasetFile.
using FileContents = std::array<std::vector<std::byte>, data::kDatasetFileCount>;

// Writes the files beside `folder`, syncs them and renames; `folder` may exist if it holds only (damaged or
// compressed) copies of the four files, which are then replaced. Throws IoError and leaves `folder` as it
// was.
void install_files(const FileContents& contents, const std::filesystem::path& folder);

}  // namespace rung::fetch

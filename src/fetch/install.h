// Puts a dataset's four files in place all at once, so that a partial set never appears.
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <vector>

#include "base/scratch_folder.h"
#include "data/registry.h"

namespace rung::fetch {

// The four files, uncompressed, in the order of data::DatasetFile.
using FileContents = std::array<std::vector<std::byte>, data::kDatasetFileCount>;

// Throws IoError if the folder holds images of the user's own, which only has the dataset's name, or another
// edition of it. A damaged copy may be replaced.
void require_replaceable(const data::DatasetInfo& info, const std::filesystem::path& folder);

// `fresh`, which lies in `scratch`, becomes `folder`. That may exist if it holds only (damaged or compressed)
// files of a dataset, which then disappear. Throws IoError and leaves `folder` as it was.
void put_in_place(const std::filesystem::path& fresh, const std::filesystem::path& folder,
                  const ScratchFolder& scratch);

// Writes the files beside `folder`, syncs them and puts them in place. Throws as put_in_place().
void install_files(const FileContents& contents, const std::filesystem::path& folder);

}  // namespace rung::fetch

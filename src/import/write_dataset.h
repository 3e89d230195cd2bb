// Writes an ImageSet as a dataset: a new folder with four IDX files and dataset.toml.
#pragma once

#include <filesystem>

#include "data/dataset_description.h"
#include "import/image_set.h"
#include "import/options.h"

namespace rung::imports {

// Throws UsageError if the folder exists.
void require_new(const std::filesystem::path& folder);

// Creates the folder as a whole: if anything fails, nothing is left. Returns what its dataset.toml says.
// Preconditions: 1 channel; the labels are below 256. Throws as require_new(), and IoError (NoSpaceError).
data::DatasetDescription write_dataset(const ImageSet& set, const Options& options, const Work& work);

}  // namespace rung::imports

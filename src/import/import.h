// Imports labelled images from what people have, as a dataset of Rung's own.
#pragma once

#include <string>

#include "data/dataset_description.h"
#include "import/options.h"

namespace rung::imports {

struct Imported {
  std::string source;  // the kind: "pictures in class folders"
  data::DatasetDescription description;
  size_t train_images = 0;
  size_t test_images = 0;
};

// Reads the sources and writes the folder options.out, which must not exist. Throws UsageError, DataError,
// IoError; then no folder is left.
Imported import_images(const Options& options, const Work& work);

}  // namespace rung::imports

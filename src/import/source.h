// The kinds of sources that can be imported. Each recognises its files and reads them into an ImageSet.
#pragma once

#include <string_view>

#include "import/file_tree.h"
#include "import/image_set.h"
#include "import/options.h"

namespace rung::imports {

struct Source {
  std::string_view name;  // in messages: "pictures in class folders"
  bool (*recognises)(const FileTree& tree, const Options& options);
  // Throws DataError, UsageError (an option is missing or does not fit), IoError.
  ImageSet (*read)(const FileTree& tree, const Options& options, const Work& work);
};

// The one that recognises the files. Throws DataError, which says what can be imported.
const Source& find_source(const FileTree& tree, const Options& options);

}  // namespace rung::imports

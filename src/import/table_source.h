// Tables (.csv, also compressed by gzip) with an image in each row: Kaggle's, Sign-MNIST's, Devanagari's.
#pragma once

#include "import/source.h"

namespace rung::imports {

bool recognises_tables(const FileTree& tree, const Options& options);
ImageSet read_tables(const FileTree& tree, const Options& options, const Work& work);

inline constexpr Source kTableSource = {"a table of pixels", recognises_tables, read_tables};

}  // namespace rung::imports

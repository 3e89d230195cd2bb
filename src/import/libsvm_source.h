// Files in LIBSVM's text format, as USPS is published: one, or two of which one holds the test. They are
// known by their content, because they have no common ending.
#pragma once

#include "import/source.h"

namespace rung::imports {

bool recognises_libsvm(const FileTree& tree, const Options& options);
ImageSet read_libsvm(const FileTree& tree, const Options& options, const Work& work);

inline constexpr Source kLibsvmSource = {"LIBSVM text", recognises_libsvm, read_libsvm};

}  // namespace rung::imports

// The binary records of CIFAR-10 and CIFAR-100: the label, or two, and 32 x 32 pixels, first all red ones,
// then the green and the blue ones (A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images").
#pragma once

#include "import/source.h"

namespace rung::imports {

bool recognises_records(const FileTree& tree, const Options& options);
ImageSet read_records(const FileTree& tree, const Options& options, const Work& work);

inline constexpr Source kRecordSource = {"CIFAR's records", recognises_records, read_records};

}  // namespace rung::imports

// Pictures (PNG, JPEG) in folders that are called after their classes: `train/` and `test/` with class
// folders in both, or class folders alone.
#pragma once

#include "import/picture_layout.h"
#include "import/source.h"

namespace rung::imports {

bool recognises_pictures(const FileTree& tree, const Options& options);
ImageSet read_pictures(const FileTree& tree, const Options& options, const Work& work);

// The tree's files, which are pictures of these classes and splits.
ImageSet read_laid_out(const FileTree& tree, PictureLayout layout, const Options& options, const Work& work);

inline constexpr Source kPictureSource = {"pictures in class folders", recognises_pictures, read_pictures};

}  // namespace rung::imports

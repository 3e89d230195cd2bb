// Arrays: NumPy's .npy files, .npz archives of them (MedMNIST's, Keras's, KMNIST's, or any with --images and
// --labels), and IDX files of any type and name (MNIST's, EMNIST's, QMNIST's).
#pragma once

#include "import/source.h"

namespace rung::imports {

bool recognises_arrays(const FileTree& tree, const Options& options);
ImageSet read_arrays(const FileTree& tree, const Options& options, const Work& work);

inline constexpr Source kArraySource = {"arrays", recognises_arrays, read_arrays};

}  // namespace rung::imports

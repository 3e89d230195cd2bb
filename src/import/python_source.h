// Tables of pictures in Parquet (Hugging Face's datasets), and arrays in MATLAB's .mat and HDF5's .h5 files.
#pragma once

#include "import/source.h"

namespace rung::imports {

bool recognises_python_files(const FileTree& tree, const Options& options);
ImageSet read_python_files(const FileTree& tree, const Options& options, const Work& work);

inline constexpr Source kPythonSource = {"Parquet, MATLAB or HDF5 files", recognises_python_files,
                                         read_python_files};

}  // namespace rung::imports

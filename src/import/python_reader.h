// Files that Python's libraries read (python_reader.py, which is built into the program): Parquet by pyarrow,
// MATLAB's .mat by SciPy, and from version 7.3 on, as HDF5, by h5py. Debian has no Arrow for C++, and these
// libraries are where their data are made. What comes back is plain: .npy files, and pictures one after the
// other.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "import/options.h"

namespace rung::imports {

// The program itself.
extern const std::string_view kPythonReader;

struct PythonEntry {
  size_t file = 0;                // which of the files it is from
  std::string array;              // the name of an array; empty: pictures
  std::filesystem::path data;     // a .npy file, or the pictures' bytes
  std::filesystem::path lengths;  // of pictures, in bytes: a .npy file
  std::filesystem::path labels;   // likewise
};

struct PythonResult {
  std::vector<PythonEntry> entries;
  std::vector<std::string> names;  // of the labels 0, 1, ... in the order that the files give; empty: none
  std::vector<std::string> texts;  // likewise, of labels that are text
};

struct PythonFile {
  std::filesystem::path path;
  std::string place;  // in messages
};

// Whether such a file is read so, by its name.
bool is_read_by_python(std::string_view path);

// Runs `python3`, or what the environment's RUNG_PYTHON names, which writes into `folder`. Throws DataError,
// UsageError, and IoError if there is no Python or it lacks the library.
PythonResult read_with_python(std::span<const PythonFile> files, const Options& options,
                              const std::filesystem::path& folder, const Work& work);

}  // namespace rung::imports

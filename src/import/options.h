// What `rung data import` was asked to do.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/thread_pool.h"
#include "data/data_spec.h"

namespace rung::imports {

struct Size {
  int width = 0;
  int height = 0;
};

struct Options {
  std::vector<std::filesystem::path> sources;  // at least one
  std::string only;                            // of their files, those whose paths have this text in them
  std::filesystem::path out;                   // the new folder
  data::Portion test;                          // of a source without test images
  uint64_t seed = 0;                           // of their draw
  std::optional<Size> resize;
  bool grey = false;  // images in colour become grey
  bool invert = false;
  bool transpose = false;
  std::vector<std::pair<std::string, std::string>> map;  // classes' names, and what they become
  std::vector<std::string> classes;                      // only these, in this order; empty: all
  std::vector<std::string> names;    // what these are called instead, all different; empty: as they are
  int white = 255;                   // the largest value of the source's pixels
  std::vector<std::string> origins;  // what dataset.toml says of the sources; empty: their paths
  // Of sources that do not say it themselves:
  std::optional<Size> size;  // of an image that is a row of a table
  std::string label_column;  // its name, or its number from 1
  std::string images;        // the name of an array
  std::string labels;
};

// Called from the thread that imports, often; `what` says what is counted. An exception that it throws ends
// the import, and nothing is left behind.
using Progress = std::function<void(std::string_view what, uint64_t done, uint64_t total)>;

// What reads a source besides its options.
struct Work {
  ThreadPool& pool;
  Progress progress;  // may be empty

  void report(std::string_view what, uint64_t done, uint64_t total) const {
    if (progress) progress(what, done, total);
  }
};

}  // namespace rung::imports

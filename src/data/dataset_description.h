// dataset.toml, which `rung data import` puts beside a dataset's four files: what the classes are called, and
// where the images come from. Left out: what a recipe says of a dataset.
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/channel_values.h"
#include "data/registry.h"

namespace rung::data {

inline constexpr std::string_view kDescriptionFile = "dataset.toml";

struct DatasetDescription {
  std::string name;
  std::vector<std::string> classes;  // their names, in the order of the labels
  int height = 0;                    // of an image, in pixels; 0: not said
  int width = 0;
  int channels = 0;
  ChannelValues mean{};  // of the training pixels from 0 to 1
  ChannelValues std{};
  std::vector<std::string> sources;                   // as they were named
  std::vector<std::string> steps;                     // what was done with them, in sentences
  std::array<std::string, kDatasetFileCount> sha256;  // of the uncompressed files; empty: not said
};

// What a folder's dataset.toml says; none if there is none. It may have been written by hand: only `classes`
// must be there, and unknown keys are ignored. Throws IoError if the file cannot be read, DataError with line
// and column if it is no such description.
std::optional<DatasetDescription> read_description(const std::filesystem::path& folder);

// `text` is the file's content, `file` its name for messages. Throws DataError.
DatasetDescription parse_description(std::string_view text, const std::string& file);

// parse_description() of it gives the same.
std::string to_toml(const DatasetDescription& description);

}  // namespace rung::data

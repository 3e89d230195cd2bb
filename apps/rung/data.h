// What the commands about datasets share.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/channel_values.h"
#include "data/data_spec.h"
#include "data/dataset.h"

namespace rung::app {

// DATASET and --data.
struct DatasetOptions {
  std::string name = "mnist";
  std::string data_root;

  std::filesystem::path root() const;
  void add_to(CLI::App& command, const std::string& what);
  void add_root_to(CLI::App& command);
};

inline constexpr const char* kAnyDataset = "A known dataset, or a folder of IDX files (with a /)";

// What follows the size of images: "" or ", in colour".
std::string_view in_colour(int channels);

// A number, or an array with one for each channel.
nlohmann::ordered_json json_of(const ChannelValues& channels);

// With the mean and std that pixels are normalised with by default.
data::DatasetSpec default_spec(const data::Dataset& dataset);

// What is odd about the labels and the images, in sentences.
std::vector<std::string> all_remarks(const data::Dataset& dataset, const data::DatasetSpec& spec);

}  // namespace rung::app

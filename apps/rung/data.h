// What the commands about datasets share.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

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

// With the mean and std that pixels are normalised with by default.
data::DatasetSpec default_spec(const data::Dataset& dataset);

// What is odd about the labels and the images, in sentences.
std::vector<std::string> all_remarks(const data::Dataset& dataset, const data::DatasetSpec& spec);

}  // namespace rung::app

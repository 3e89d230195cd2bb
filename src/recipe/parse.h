// The parts of a recipe, each read from its own table. All throw RecipeError.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "recipe/recipe.h"
#include "recipe/toml_reader.h"

namespace rung::recipe {

std::vector<Target> parse_targets(const TableReader& root);
std::optional<Reference> parse_reference(const TableReader& root);
data::DatasetSpec parse_dataset(const TableReader& root);
std::vector<data::Transform> parse_augment(const TableReader& root);
optim::Training parse_training(const TableReader& root);
optim::LrScheduler parse_lr_scheduler(const TableReader& root);

// The absolute name of a folder of images whose name is relative to the folder `place`.
// Throws UsageError if that cannot be written in a recipe.
std::string folder_seen_from(const std::filesystem::path& place, const std::string& name);

// A TOML document; messages call it `source`.
toml::table parse_document(std::string_view toml, std::string_view source);

// A whole recipe from its document.
Recipe parse_recipe(const toml::table& document, std::string_view source);

// The model with its stages expanded, checked by nn::infer. The dataset may fix its input and classes.
nn::ModelSpec parse_model(const TableReader& root, const data::DatasetSpec& dataset);

// One layer from a table with its `type` and that type's options. `in_channels` is asked for the channels of
// the layer's input where an option is "in_channels".
using InChannels = std::function<int()>;
nn::LayerSpec parse_layer(const TableReader& layer, const InChannels& in_channels);

// The options of the layer's type.
std::span<const std::string_view> layer_keys(const TableReader& layer);

}  // namespace rung::recipe

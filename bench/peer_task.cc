#include "bench/peer_task.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/philox.h"
#include "data/augment.h"
#include "nn/infer.h"
#include "train/batches.h"

namespace rung::bench {
namespace {

using nlohmann::ordered_json;

ordered_json resolved(const recipe::Recipe& recipe) {
  const toml::table table = toml::parse(recipe::to_toml(recipe));
  std::stringstream text;
  text << toml::json_formatter(table);
  return ordered_json::parse(text);
}

ordered_json facts(const recipe::Recipe& recipe, const data::Split& split) {
  return {{"recipe", resolved(recipe)},
          {"parameters", nn::infer(recipe.model).params},
          {"mean", recipe.dataset.mean.value().of_channel(0)},
          {"std", recipe.dataset.std.value().of_channel(0)},
          {"side", split.height}};
}

// What every peer has: plain convolutions, poolings whose windows tile the plane, SGD with momentum.
bool is_known(const nn::LayerSpec& layer) {
  const auto tiles = [](const auto& pool) {
    return pool.stride == pool.kernel_size && pool.padding == nn::Size2{0, 0};
  };
  if (const auto* conv = std::get_if<nn::Conv2d>(&layer))
    return *conv ==
           nn::Conv2d{.out_channels = conv->out_channels, .kernel_size = conv->kernel_size, .bias = false};
  if (const auto* pool = std::get_if<nn::MaxPool2d>(&layer)) return tiles(*pool);
  if (const auto* pool = std::get_if<nn::AvgPool2d>(&layer)) return tiles(*pool);
  return std::holds_alternative<nn::BatchNorm2d>(layer) || std::holds_alternative<nn::Dropout>(layer) ||
         std::holds_alternative<nn::Relu>(layer);
}

void require_known(const recipe::Recipe& recipe) {
  for (const nn::LayerSpec& layer : recipe.model.layers)
    if (!is_known(layer))
      throw UsageError(fmt::format("the peers do not have such a {}", nn::recipe_name(layer)));
  const auto* sgd = std::get_if<optim::Sgd>(&recipe.training.optimizer);
  optim::Training plain;
  plain.epochs = recipe.training.epochs;
  plain.batch_size = recipe.training.batch_size;
  if (sgd != nullptr) plain.optimizer = optim::Sgd{.lr = sgd->lr, .momentum = sgd->momentum};
  plain.lr_scheduler = recipe.training.lr_scheduler;  // a peer keeps the first rate, which costs the same
  if (recipe.training != plain) throw UsageError("the peers train with SGD and momentum alone");
}

// A split that is the first epoch's.
data::Split first_epoch(const recipe::Recipe& recipe, const data::Split& split) {
  constexpr uint32_t kEpoch = 0;
  data::Split epoch = split;
  data::Augmenter augmenter(recipe.augment, split.shape());
  uint8_t* out = epoch.pixels.data();
  uint8_t* label = epoch.labels.data();
  for (const uint32_t image : train::shuffled(split.count, recipe.seed, kEpoch)) {
    RandomStream random(recipe.seed, RandomPurpose::kAugment, image, kEpoch);
    augmenter.apply(split.image(image).data(), out, random);
    out += split.image_bytes();
    *label++ = split.labels[image];
  }
  return epoch;
}

void write(const std::filesystem::path& file, const std::vector<uint8_t>& bytes) {
  replace_file(file, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

}  // namespace

void write_peer_task(const recipe::Recipe& recipe, const data::Dataset& dataset,
                     const std::filesystem::path& folder) {
  if (dataset.train.channels != 1 || dataset.train.height != dataset.train.width)
    throw UsageError("the peers train on square images of one channel");
  require_known(recipe);
  const data::Split train = first_epoch(recipe, dataset.train);
  std::filesystem::create_directories(folder);
  write(folder / "train_images", train.pixels);
  write(folder / "train_labels", train.labels);
  write(folder / "test_images", dataset.test.pixels);
  write(folder / "test_labels", dataset.test.labels);
  replace_file(folder / "task.json", facts(recipe, train).dump(2) + "\n");
}

}  // namespace rung::bench

#include "bench/peer_task.h"

#include <toml++/toml.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <string_view>
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
  const data::Split train = first_epoch(recipe, dataset.train);
  std::filesystem::create_directories(folder);
  write(folder / "train_images", train.pixels);
  write(folder / "train_labels", train.labels);
  write(folder / "test_images", dataset.test.pixels);
  write(folder / "test_labels", dataset.test.labels);
  replace_file(folder / "task.json", facts(recipe, train).dump(2) + "\n");
}

}  // namespace rung::bench

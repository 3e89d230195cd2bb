// What a search is for: an accuracy to reach, and what to spend as little of as possible.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "recipe/recipe.h"

namespace rung::search {

enum class Cost { kParams, kFlashBytes, kRamBytes, kMacs, kTrainSeconds };
constexpr std::string_view name_of(Cost cost) {
  switch (cost) {
    case Cost::kParams:
      return "params";
    case Cost::kFlashBytes:
      return "flash_bytes";
    case Cost::kRamBytes:
      return "ram_bytes";
    case Cost::kMacs:
      return "macs";
    case Cost::kTrainSeconds:
      return "train_seconds";
  }
  return "";
}

struct Limit {
  Cost cost = Cost::kParams;
  double at_most = 0;
  friend bool operator==(const Limit&, const Limit&) = default;
};

struct Goal {
  recipe::Metric metric = recipe::Metric::kFinalTestAccuracy;  // or that of balanced accuracy
  double target = 0;                                           // percent
  Cost minimise = Cost::kParams;
  std::vector<Limit> limits;
  std::string chip = "cortex-m0";  // that flash_bytes and ram_bytes are of
  friend bool operator==(const Goal&, const Goal&) = default;
};

// The same accuracy of the images that are held out, by which candidates are chosen.
recipe::Metric held_out(recipe::Metric metric);

// "final_test_accuracy=99.4", "params=10000". Throw UsageError.
void parse_target(std::string_view text, Goal& goal);
Cost parse_cost(std::string_view name);
Limit parse_limit(std::string_view text);
void require_chip(std::string_view name);

// What a recipe costs, without training it. Seconds are what the arithmetic of the training takes at
// `gflops`. None where the model has no integer form and bytes on a chip are asked for.
struct Yardstick {
  std::string chip;
  int train_images = 0;
  double gflops = 1;
};
std::optional<double> cost_of(const recipe::Recipe& recipe, Cost cost, const Yardstick& yardstick);

// Whether a recipe keeps all limits.
bool keeps_limits(const recipe::Recipe& recipe, std::span<const Limit> limits, const Yardstick& yardstick);

// "parameters", "bytes of flash".
std::string_view words_of(Cost cost);

// "3,624"; of seconds "12.3".
std::string cost_number(Cost cost, double value);

// "3,624 parameters", "12.3 s of training".
std::string cost_text(Cost cost, double value);

}  // namespace rung::search

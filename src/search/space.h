// What a search may change in a recipe, and how far.
#pragma once

#include <array>
#include <set>
#include <string>
#include <string_view>

#include "recipe/recipe.h"

namespace rung::search {

// Kinds of change, as a space and the results name them.
enum class Kind {
  kChannels,
  kDepth,  // convolutions more or fewer
  kKernelSize,
  kPadding,
  kPooling,   // its place, its kind, or a stride instead
  kResidual,  // a connection around convolutions
  kDepthwise,
  kHead,  // how planes become classes
  kActivation,
  kLearningRate,
  kSchedule,  // how the learning rate changes
  kWeightDecay,
  kLabelSmoothing,
  kBatchSize,
  kEpochs,
  kAugment,        // how strong
  kRecombination,  // the training of another candidate
};
constexpr std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::kChannels:
      return "channels";
    case Kind::kDepth:
      return "depth";
    case Kind::kKernelSize:
      return "kernel_size";
    case Kind::kPadding:
      return "padding";
    case Kind::kPooling:
      return "pooling";
    case Kind::kResidual:
      return "residual";
    case Kind::kDepthwise:
      return "depthwise";
    case Kind::kHead:
      return "head";
    case Kind::kActivation:
      return "activation";
    case Kind::kLearningRate:
      return "lr";
    case Kind::kSchedule:
      return "schedule";
    case Kind::kWeightDecay:
      return "weight_decay";
    case Kind::kLabelSmoothing:
      return "label_smoothing";
    case Kind::kBatchSize:
      return "batch_size";
    case Kind::kEpochs:
      return "epochs";
    case Kind::kAugment:
      return "augment";
    case Kind::kRecombination:
      return "recombination";
  }
  return "";
}

struct Range {
  double low = 0;
  double high = 0;

  bool holds(double value) const { return value >= low && value <= high; }
  friend bool operator==(const Range&, const Range&) = default;
};

struct Space {
  std::set<Kind> fixed;     // not changed at all
  Range channels{1, 64};    // of a convolution
  Range depth{1, 12};       // convolutions in the model
  Range kernel_size{1, 5};  // odd ones of these
  Range lr{0.001, 1};       // the schedule's largest, or the optimiser's
  Range weight_decay{0, 0.01};
  Range label_smoothing{0, 0.1};
  Range batch_size{8, 1024};
  Range epochs{4, 40};
  friend bool operator==(const Space&, const Space&) = default;
};

// The space in a TOML document: `fixed = ["epochs", "augment"]`, and ranges as in `channels = [4, 32]`.
// Messages call it `source`. Throws recipe::RecipeError.
Space parse_space(std::string_view toml, std::string_view source);

// The same as TOML, with every range.
std::string to_toml(const Space& space);

// Throws UsageError, naming the key, if the recipe lies outside in what may change.
void require_within(const Space& space, const recipe::Recipe& recipe);

}  // namespace rung::search

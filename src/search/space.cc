#include "search/space.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/enumerators.h"
#include "base/error.h"
#include "nn/infer.h"
#include "recipe/parse.h"
#include "recipe/toml_reader.h"
#include "search/model_edit.h"
#include "search/training_edit.h"

namespace rung::search {
namespace {

struct RangeKey {
  Kind kind;
  Range Space::*range;
  NumberRange bounds;
};

const std::vector<RangeKey>& range_keys() {
  static const std::vector<RangeKey> keys = {
      {Kind::kChannels, &Space::channels, NumberRange::closed(1, 4096)},
      {Kind::kDepth, &Space::depth, NumberRange::closed(1, 100)},
      {Kind::kKernelSize, &Space::kernel_size, NumberRange::closed(1, 31)},
      {Kind::kLearningRate, &Space::lr, NumberRange::left_open(0, 1e3)},
      {Kind::kWeightDecay, &Space::weight_decay, NumberRange::closed(0, 10)},
      {Kind::kLabelSmoothing, &Space::label_smoothing, NumberRange::right_open(0, 1)},
      {Kind::kBatchSize, &Space::batch_size, NumberRange::closed(1, 65'536)},
      {Kind::kEpochs, &Space::epochs, NumberRange::closed(1, 10'000)}};
  return keys;
}

Kind kind_named(const recipe::TableReader& table, const std::string& name) {
  for (const Kind kind : kEnumerators<Kind>)
    if (name_of(kind) == name) return kind;
  table.fail("fixed", fmt::format("expected one of {}", fmt::join(kNames<Kind>, ", ")));
}

}  // namespace

Space parse_space(std::string_view toml, std::string_view source) {
  const toml::table document = recipe::parse_document(toml, source);
  const recipe::TableReader table(source, "", document);
  std::vector<std::string_view> allowed = {"fixed"};
  for (const RangeKey& key : range_keys()) allowed.push_back(name_of(key.kind));
  table.allow(allowed);
  Space space;
  if (table.has("fixed"))
    for (const std::string& name : table.texts("fixed")) space.fixed.insert(kind_named(table, name));
  for (const RangeKey& key : range_keys()) {
    Range& range = space.*key.range;
    const auto read = table.numbers<2>(name_of(key.kind), key.bounds, std::array{range.low, range.high});
    if (read[0] > read[1]) table.fail(name_of(key.kind), "expected the smaller number first");
    range = {read[0], read[1]};
  }
  return space;
}

std::string to_toml(const Space& space) {
  std::vector<std::string> fixed;
  for (const Kind kind : space.fixed) fixed.push_back(fmt::format("\"{}\"", name_of(kind)));
  std::string text = fixed.empty() ? "" : fmt::format("fixed = [{}]\n", fmt::join(fixed, ", "));
  for (const RangeKey& key : range_keys()) {
    const Range& range = space.*key.range;
    text += fmt::format("{} = [{}, {}]\n", name_of(key.kind), range.low, range.high);
  }
  return text;
}

void require_within(const Space& space, const recipe::Recipe& recipe) {
  const auto require = [&](Kind kind, const Range& range, double value) {
    if (space.fixed.contains(kind) || range.holds(value)) return;
    throw UsageError(fmt::format("the recipe's {} of {} is outside [{}, {}], where the search may go",
                                 name_of(kind), value, range.low, range.high),
                     fmt::format("widen `{}` in the file of --space", name_of(kind)));
  };
  int convolutions = 0;
  const ModelEdit model(recipe.model);
  for (size_t i = 0; i < model.layers().size(); ++i) {
    const auto* conv = std::get_if<nn::Conv2d>(&model.layers()[i]);
    if (conv == nullptr) continue;
    ++convolutions;
    if (!model.is_last_weight(i)) require(Kind::kChannels, space.channels, conv->out_channels);
    require(Kind::kKernelSize, space.kernel_size, std::max(conv->kernel_size.h, conv->kernel_size.w));
  }
  if (convolutions > 0) require(Kind::kDepth, space.depth, convolutions);
  require(Kind::kLearningRate, space.lr, largest_lr(recipe.training));
  require(Kind::kWeightDecay, space.weight_decay, weight_decay_of(recipe.training));
  require(Kind::kLabelSmoothing, space.label_smoothing, recipe.training.label_smoothing);
  require(Kind::kEpochs, space.epochs, recipe.training.epochs);
  require(Kind::kBatchSize, space.batch_size, recipe.training.batch_size);
}

}  // namespace rung::search

#include "export/untrained.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "nn/graph.h"
#include "nn/plan.h"
#include "nn/weights.h"
#include "quantise/quantise.h"

namespace rung::exports {

quantise::IntegerModel untrained_integers(const nn::ModelSpec& model, const data::DatasetSpec& normalisation,
                                          int weight_bits) {
  const nn::Weights weights = nn::initial_weights(nn::make_plan(model), 1);
  const nn::graph::Graph folded = nn::graph::fold_batch_norms(nn::graph::make_graph(model, weights));
  const std::vector<quantise::Range> ranges(folded.nodes.size(), {.least = -1, .most = 1});
  quantise::IntegerModel integers = quantise::quantise(
      folded, model, ranges, {normalisation.mean.value_or(0), normalisation.std.value_or(1), weight_bits});
  for (quantise::Node& node : integers.nodes) {
    if (auto* convolution = std::get_if<quantise::Convolution>(&node.operation))
      std::ranges::fill(convolution->bias, std::numeric_limits<int32_t>::max());
  }
  return integers;
}

}  // namespace rung::exports

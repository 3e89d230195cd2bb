#include "train/calibrate.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

#include "base/exact_math.h"
#include "nn/graph.h"
#include "quantise/integer_inference.h"
#include "quantise/quantise.h"
#include "quantise/ranges.h"
#include "train/batches.h"
#include "train/logits.h"

namespace rung::train {
namespace {

constexpr std::array kShares{0.0, 1e-5, 1e-4, 1e-3};

}  // namespace

Calibrated calibrate(const nn::ModelSpec& model, const nn::Weights& weights,
                     const data::DatasetSpec& normalisation, const ImageRange& training, int weight_bits,
                     ThreadPool& pool) {
  const nn::graph::Graph folded = nn::graph::fold_batch_norms(nn::graph::make_graph(model, weights));
  BlockLoader loader(training.split.images(), normalisation);
  const int measured = std::min(kRangeImages, training.count);
  const quantise::Activations activations(folded, measured, loader.in_order(training.first));
  // A set too small for both chooses on the images that it measures.
  const int left = training.count - measured;
  const ImageRange choice =
      left > 0 ? ImageRange{training.split, training.first + measured, std::min(kChoiceImages, left)}
               : ImageRange{training.split, training.first, measured};
  std::optional<Calibrated> best;
  for (const double share : kShares) {
    quantise::IntegerModel candidate =
        quantise::quantise(folded, model, activations.ranges(share),
                           {normalisation.mean.value(), normalisation.std.value(), weight_bits});
    const double loss = evaluate(candidate, choice, pool).loss;
    if (!best || loss < best->loss) best = {std::move(candidate), share, loss};
  }
  return std::move(*best);
}

IntegerEvaluation evaluate(const quantise::IntegerModel& model, const ImageRange& images, ThreadPool& pool) {
  std::vector<std::optional<quantise::IntegerInference>> runners(static_cast<size_t>(pool.size()));
  std::vector<double> losses(static_cast<size_t>(images.count));
  IntegerEvaluation result;
  result.predicted.resize(static_cast<size_t>(images.count));
  pool.for_each(images.count, [&](int index, int thread) {
    auto& runner = runners[static_cast<size_t>(thread)];
    if (!runner) runner.emplace(model);
    const data::Split& split = images.split;
    const auto planes = split.image(static_cast<size_t>(images.first) + static_cast<size_t>(index));
    const std::span<const int32_t> logits =
        runner->run(data::from_planes(planes, split.height, split.width, split.channels).pixels);
    std::vector<float> values;
    for (const int32_t logit : logits)
      values.push_back(static_cast<float>(logit * model.nodes.back().quantisation.scale));
    const auto at = static_cast<size_t>(index);
    const uint8_t label = images.split.labels[static_cast<size_t>(images.first) + at];
    losses[at] = -logarithm(std::max(softmax(values)[label], 1e-30));
    result.predicted[at] = static_cast<uint8_t>(quantise::predicted_class(logits));
  });
  for (size_t at = 0; at < losses.size(); ++at) {
    result.loss += losses[at] / static_cast<double>(losses.size());
    result.correct +=
        result.predicted[at] == images.split.labels[static_cast<size_t>(images.first) + at] ? 1 : 0;
  }
  return result;
}

}  // namespace rung::train

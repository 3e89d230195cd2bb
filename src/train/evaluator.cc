#include "train/evaluator.h"

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "base/require.h"
#include "kernels/layout.h"
#include "kernels/loss.h"
#include "train/batches.h"

namespace rung::train {

using kernels::kLanes;
using Clock = std::chrono::steady_clock;

Evaluator::Evaluator(const nn::Plan& plan, const data::DatasetSpec& normalisation, ThreadPool& pool)
    : plan_(plan), normalisation_(normalisation), inference_(plan, pool) {}

ImageRange training_part(const data::Dataset& data, int validation) {
  return {data.train, 0, data.train.count - validation};
}
ImageRange validation_part(const data::Dataset& data, int validation) {
  return {data.train, data.train.count - validation, validation};
}

Evaluation Evaluator::evaluate(const nn::Weights& weights, const ImageRange& images) {
  RUNG_REQUIRE(images.count > 0);
  const data::Split& split = images.split;
  RUNG_REQUIRE(plan_.input == nn::Shape{split.channels, split.height, split.width});
  const auto start = Clock::now();
  const int count = images.count;
  BlockLoader loader(images.split.images(), normalisation_);
  Evaluation result{
      .images = count, .predicted = std::vector<uint8_t>(static_cast<size_t>(count)), .classes = {}};
  std::vector<kernels::BlockLoss> losses(static_cast<size_t>(kernels::blocks_of(count)));
  const uint8_t* labels = images.split.labels.data() + images.first;
  RUNG_REQUIRE(std::all_of(labels, labels + count, [&](int label) { return label < plan_.classes; }));
  inference_.run(
      weights, count, loader.in_order(images.first), [&](int block, int lanes, const float* logits) {
        const size_t image = static_cast<size_t>(block) * kLanes;
        losses[static_cast<size_t>(block)] = kernels::cross_entropy(
            logits, plan_.classes, labels + image, lanes, {}, result.predicted.data() + image, nullptr);
      });
  for (const kernels::BlockLoss& block : losses) {
    result.loss += block.loss / count;
    result.correct += block.correct;
  }
  result.accuracy = 100.0 * result.correct / count;
  result.classes = class_results({labels, static_cast<size_t>(count)}, result.predicted, plan_.classes);
  result.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return result;
}

}  // namespace rung::train

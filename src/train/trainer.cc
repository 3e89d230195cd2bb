#include "train/trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/error.h"
#include "kernels/loss.h"
#include "optim/lr_schedule.h"

namespace rung::train {
namespace {

using kernels::kLanes;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double percent(int correct, int images) {
  return 100.0 * correct / images;
}

void require_labels_below(int classes, const std::vector<uint8_t>& labels, const std::string& split) {
  const auto bad = std::find_if(labels.begin(), labels.end(), [&](int label) { return label >= classes; });
  if (bad == labels.end()) return;
  throw UsageError(fmt::format("the model has {} classes, but {} image {} has label {}", classes, split,
                               bad - labels.begin(), *bad));
}

// The model's plan, once it is clear that the data fits it.
nn::Plan plan_for(const Experiment& experiment, const data::Dataset& data) {
  require_fit(experiment, data);
  return nn::make_plan(experiment.model);
}

}  // namespace

void require_fit(const Experiment& experiment, const data::Dataset& data) {
  const nn::Shape& input = experiment.model.input;
  const nn::Shape images{1, data.train.height, data.train.width};
  if (input != images) {
    throw UsageError(fmt::format("the model takes images of {}x{}x{}, but dataset {} has 1x{}x{}",
                                 input.channels, input.height, input.width, data.name, images.height,
                                 images.width));
  }
  require_labels_below(experiment.model.classes, data.train.labels,
                       fmt::format("dataset {}: training", data.name));
  require_labels_below(experiment.model.classes, data.test.labels,
                       fmt::format("dataset {}: test", data.name));
}

Trainer::Trainer(const Experiment& experiment, const data::Dataset& data, ThreadPool& pool)
    : experiment_(experiment),
      data_(data),
      pool_(pool),
      plan_(plan_for(experiment, data)),
      weights_(nn::initial_weights(plan_, experiment.seed)),
      optimizer_(plan_.parameter_count),
      pass_(plan_, std::min(experiment.training.batch_size, data.train.count), pool),
      inference_(plan_, pool),
      loader_(data.train, experiment.dataset),
      gradient_(plan_.parameter_count) {
  loader_.augment(experiment.augment, pool.size());
}

TrainedEpoch Trainer::train_epoch(const std::function<void(const Progress&)>& on_batch) {
  const auto start = Clock::now();
  const int batch_size = experiment_.training.batch_size;
  const int images = data_.train.count;
  const double lr = optim::learning_rate(experiment_.training, epochs_done_);
  const auto order = shuffled(images, experiment_.seed, static_cast<uint32_t>(epochs_done_));
  Progress progress{.epoch = epochs_done_ + 1,
                    .epochs = experiment_.training.epochs,
                    .batches = (images + batch_size - 1) / batch_size};
  double loss_sum = 0;
  for (int first = 0; first < images; first += batch_size) {
    const nn::BatchResult result = train_batch(order, first);
    ++progress.batch;
    if (!std::isfinite(result.loss)) {
      throw DivergedError(fmt::format("epoch {}, batch {}: the loss is {} at learning rate {}",
                                      progress.epoch, progress.batch, std::abs(result.loss), lr),
                          "lower the learning rate");
    }
    optimizer_.step(experiment_.training.optimizer, lr, gradient_, weights_.parameters);
    const int batch_images = std::min(batch_size, images - first);
    loss_sum += result.loss * batch_images;
    progress.images += batch_images;
    progress.correct += result.correct;
    progress.loss = result.loss;
    progress.seconds = seconds_since(start);
    if (on_batch) on_batch(progress);
  }
  ++epochs_done_;
  return {.epoch = epochs_done_,
          .lr = lr,
          .loss = loss_sum / images,
          .accuracy = percent(progress.correct, images),
          .seconds = seconds_since(start)};
}

// Loss and gradient of the images order[first ..], one batch of them.
nn::BatchResult Trainer::train_batch(const std::vector<uint32_t>& order, int first) {
  const int batch_size = experiment_.training.batch_size;
  const auto indices = std::span(order).subspan(
      static_cast<size_t>(first), static_cast<size_t>(std::min(batch_size, data_.train.count - first)));
  const auto epoch = static_cast<uint32_t>(epochs_done_);
  labels_.clear();
  for (const uint32_t image : indices) labels_.push_back(data_.train.labels[image]);
  const nn::Batch batch{
      .images = static_cast<int>(indices.size()),
      .labels = labels_,
      .load =
          [&](int group, int lanes, int thread, float* x) {
            loader_.load(indices.subspan(static_cast<size_t>(group) * kLanes, static_cast<size_t>(lanes)),
                         thread, experiment_.seed, epoch, x);
          },
      .seed = experiment_.seed,
      .epoch = epoch,
      .first_group = static_cast<uint32_t>(first / batch_size * kernels::groups_of(batch_size))};
  return pass_.run(batch, weights_, gradient_);
}

Evaluation Trainer::evaluate(const data::Split& split) {
  const auto start = Clock::now();
  GroupLoader loader(split, experiment_.dataset);
  Evaluation result{.images = split.count,
                    .predicted = std::vector<uint8_t>(static_cast<size_t>(split.count))};
  std::vector<kernels::GroupLoss> losses(static_cast<size_t>(kernels::groups_of(split.count)));
  const auto load = [&](int group, int lanes, int thread, float* x) {
    std::array<uint32_t, kLanes> images{};
    for (size_t lane = 0; lane < static_cast<size_t>(lanes); ++lane)
      images[lane] = static_cast<uint32_t>(group) * kLanes + static_cast<uint32_t>(lane);
    loader.load(std::span(images).first(static_cast<size_t>(lanes)), thread, 0, 0, x);
  };
  inference_.run(weights_, split.count, load, [&](int group, int lanes, const float* logits) {
    const size_t first = static_cast<size_t>(group) * kLanes;
    losses[static_cast<size_t>(group)] =
        kernels::softmax_nll(logits, plan_.classes, split.labels.data() + first, lanes, 1,
                             result.predicted.data() + first, nullptr);
  });
  for (const kernels::GroupLoss& group : losses) {
    result.loss += group.loss / split.count;
    result.correct += group.correct;
  }
  result.accuracy = percent(result.correct, split.count);
  result.seconds = seconds_since(start);
  return result;
}

}  // namespace rung::train

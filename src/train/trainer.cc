#include "train/trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <utility>

#include "base/all_finite.h"
#include "base/beta.h"
#include "base/error.h"
#include "base/require.h"
#include "base/system_limits.h"
#include "base/text.h"
#include "data/split_statistics.h"
#include "kernels/layout.h"
#include "nn/memory.h"
#include "optim/class_weights.h"
#include "optim/weight_average.h"

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

bool all_finite(const nn::Weights& weights) {
  return rung::all_finite(weights.parameters) && rung::all_finite(weights.buffers);
}

void require_labels_below(int classes, const std::vector<uint8_t>& labels, const std::string& split) {
  const auto bad = std::find_if(labels.begin(), labels.end(), [&](int label) { return label >= classes; });
  if (bad == labels.end()) return;
  throw UsageError(fmt::format("the model has {}, but {} image {} has label {}",
                               counted(static_cast<size_t>(classes), "class"), split, bad - labels.begin(),
                               *bad));
}

// How much each image counts.
void require_weights(const Experiment& experiment, const data::Dataset& data) {
  const std::vector<float>& weights = data.train.weights;
  if (weights.empty()) return;
  if (experiment.training.mixup)
    throw UsageError("the images have weights, and [mixup] mixes images",
                     "leave out the weights, or take mixup out of the recipe");
  if (std::ranges::any_of(weights, [](float weight) { return !std::isfinite(weight) || weight < 0; }))
    throw UsageError("the weights of the images must be finite numbers of at least 0");
}

int largest_batch(const Experiment& experiment, const data::Dataset& data) {
  return std::min(experiment.training.batch_size, data.train.count - experiment.dataset.validation.images);
}

// Floats that the optimiser and the moving average keep for each parameter.
int state_floats(const optim::Training& training) {
  const optim::OptimizerState of_no_parameters(training.optimizer, 0);
  return static_cast<int>(of_no_parameters.buffers().size()) + (training.ema || training.quantize ? 1 : 0);
}

void require_training_memory(const nn::Plan& plan, const Experiment& experiment, int batch, int threads) {
  const int kept = state_floats(experiment.training);
  // A checkpoint's tensors, and the file made from them.
  const uint64_t checkpoint = 2 * sizeof(float) * static_cast<uint64_t>(1 + kept) * plan.parameter_count;
  const nn::Shape& input = experiment.model.input;
  const uint64_t loader = BlockLoader::thread_bytes(experiment.augment, experiment.training.mixup.has_value(),
                                                    {input.channels, input.height, input.width});
  require_memory(nn::training_bytes(plan, experiment.training.precision, kept, batch, threads) + checkpoint +
                     static_cast<uint64_t>(threads) * loader + Teachers::bytes(experiment.teachers, threads),
                 fmt::format("training in batches of {} with {} threads", batch, threads),
                 "use a smaller batch_size, a smaller model, fewer elastic_transforms or fewer threads");
}

void require_variance(const Experiment& experiment, int images) {
  const int batch = experiment.training.batch_size;
  const auto layer = nn::norm_without_variance(experiment.model, images, batch);
  if (!layer) return;
  throw UsageError(fmt::format("{} has a single value per channel in a batch of one image, and {} images in "
                               "batches of {} leave such a batch",
                               nn::numbered_name(experiment.model, *layer), images, batch),
                   "use another batch_size, or drop the batch norm where the image is 1x1");
}

// The model's plan, after checking that the data fits it and the machine has memory for it.
nn::Plan plan_for(const Experiment& experiment, const data::Dataset& data, int threads) {
  require_fit(experiment, data);
  nn::Plan plan = nn::make_plan(experiment.model);
  require_training_memory(plan, experiment, largest_batch(experiment, data), threads);
  return plan;
}

bool has_sizes_of(const nn::Plan& plan, const nn::Weights& weights) {
  return weights.parameters.size() == plan.parameter_count && weights.buffers.size() == plan.buffer_count;
}

}  // namespace

std::string to_text(const Position& position) {
  if (position.batches == 0) return fmt::format("epoch {}", position.epochs);
  return fmt::format("epoch {}, batch {}", position.epochs + 1, position.batches);
}

void require_fit(const Experiment& experiment, const data::Dataset& data) {
  const nn::Shape& input = experiment.model.input;
  const nn::Shape images{data.train.channels, data.train.height, data.train.width};
  if (input != images) {
    throw UsageError(fmt::format("the model takes images of {}x{}x{}, but dataset {} has {}x{}x{}",
                                 input.channels, input.height, input.width, data.name, images.channels,
                                 images.height, images.width));
  }
  if (experiment.dataset.validation.images >= data.train.count) {
    throw UsageError(fmt::format("a validation split of {} images leaves none of the {} training images",
                                 experiment.dataset.validation.images, data.train.count),
                     "lower validation in [dataset]");
  }
  require_variance(experiment, data.train.count - experiment.dataset.validation.images);
  require_weights(experiment, data);
  require_labels_below(experiment.model.classes, data.train.labels,
                       fmt::format("dataset {}: training", data.name));
  require_labels_below(experiment.model.classes, data.test.labels,
                       fmt::format("dataset {}: test", data.name));
}

Trainer::Trainer(const Experiment& experiment, const data::Dataset& data, ThreadPool& pool)
    : experiment_(experiment),
      data_(data),
      plan_(plan_for(experiment, data, pool.size())),
      trained_(nn::initial_weights(plan_, experiment.seed)),
      optimizer_(experiment.training.optimizer, plan_.parameter_count),
      pass_(plan_, largest_batch(experiment, data), pool, experiment.training.precision),
      evaluator_(plan_, experiment.dataset, pool),
      loader_(data.train.images(), experiment.dataset) {
  loader_.augment(experiment.augment, pool.size());
  if (experiment.training.mixup) loader_.mix(pool.size());
  if (experiment.training.ema) result_ = trained_;
  if (const auto& quantize = experiment.training.quantize) {
    rounding_.emplace(plan_, quantize->weight_bits);
    result_ = trained_;
    round_weights();
  }
  weigh_classes();
  if (experiment.training.distill) take_lessons(pool);
}

void Trainer::take_lessons(ThreadPool& pool) {
  const optim::Distill& distill = *experiment_.training.distill;
  RUNG_REQUIRE(experiment_.teachers.size() == distill.teachers.size());
  teachers_.emplace(experiment_.teachers, distill.temperature, pool);
  lesson_ =
      nn::Lesson{.teach = [this](int thread, const float* images,
                                 float* probabilities) { teachers_->teach(thread, images, probabilities); },
                 .temperature = static_cast<float>(distill.temperature),
                 .weight = static_cast<float>(distill.weight)};
}

// By the images trained on.
void Trainer::weigh_classes() {
  const auto& weights = experiment_.training.class_weights;
  if (!weights) return;
  const auto labels = std::span(data_.train.labels).first(static_cast<size_t>(training_images()));
  class_weights_ = optim::class_factors(*weights, data::class_counts(labels, plan_.classes));
}

int Trainer::batches_per_epoch() const {
  const int batch_size = experiment_.training.batch_size;
  return (training_images() + batch_size - 1) / batch_size;
}

void Trainer::restore(State state) {
  const auto size_of = [](const auto& buffer) { return buffer.values.size(); };
  RUNG_REQUIRE(has_sizes_of(plan_, state.trained));
  RUNG_REQUIRE(state.result.has_value() == has_result() &&
               (!has_result() || has_sizes_of(plan_, *state.result)));
  RUNG_REQUIRE(std::ranges::equal(state.optimizer.buffers(), optimizer_.buffers(), {}, size_of, size_of));
  RUNG_REQUIRE(0 <= state.position.epochs && state.position.epochs <= experiment_.training.epochs);
  RUNG_REQUIRE(0 <= state.position.batches && state.position.batches <= batches_per_epoch());
  position_ = state.position;
  trained_ = std::move(state.trained);
  result_ = std::move(state.result);
  optimizer_ = std::move(state.optimizer);
}

void Trainer::require_finite() const {
  const auto& buffers = optimizer_.buffers();
  if (all_finite(trained_) && (!result_ || all_finite(*result_)) &&
      std::ranges::all_of(buffers, [](const auto& buffer) { return rung::all_finite(buffer.values); }))
    return;
  throw DivergedError(fmt::format("after {}: a weight became NaN or infinite", to_text(position_)),
                      "lower the learning rate");
}

// Batches done.
int64_t Trainer::steps() const {
  return int64_t{position_.epochs} * batches_per_epoch() + position_.batches;
}

// Of a batch in the current epoch.
optim::Rates Trainer::rates_of(int batch) const {
  const int64_t batches = batches_per_epoch();
  if (own_rates_) return own_rates_(position_.epochs * batches + batch);
  return optim::rates_at(experiment_.training, {.epoch = position_.epochs,
                                                .step = position_.epochs * batches + batch,
                                                .steps = experiment_.training.epochs * batches});
}

TrainedEpoch Trainer::train_epoch(const std::function<void(const Progress&)>& on_batch) {
  RUNG_REQUIRE(own_rates_ || position_.epochs < experiment_.training.epochs);
  const auto start = Clock::now();
  const double seconds_before = position_.seconds;
  const int images = training_images();
  const double lr = rates_of(batches_per_epoch() - 1).lr;
  const auto order = shuffled(images, experiment_.seed, static_cast<uint32_t>(position_.epochs));
  while (position_.batches < batches_per_epoch()) {
    const double loss = train_batch(order);
    position_.seconds = seconds_before + seconds_since(start);
    if (on_batch) on_batch(progress(loss));
  }
  const Position done = std::exchange(position_, {.epochs = position_.epochs + 1});
  return {.epoch = position_.epochs,
          .lr = lr,
          .loss = done.loss_sum / images,
          .accuracy = percent(done.correct, images),
          .seconds = done.seconds};
}

Progress Trainer::progress(double loss) const {
  return {.epoch = position_.epochs + 1,
          .epochs = experiment_.training.epochs,
          .batch = position_.batches,
          .batches = batches_per_epoch(),
          .images = std::min(position_.batches * experiment_.training.batch_size, training_images()),
          .correct = position_.correct,
          .loss = loss,
          .seconds = position_.seconds};
}

// Trains the next batch of the epoch's order, and returns its mean loss.
double Trainer::train_batch(const std::vector<uint32_t>& order) {
  const optim::Rates rates = rates_of(position_.batches);
  const int batch_size = experiment_.training.batch_size;
  const int first = position_.batches * batch_size;
  const int images = std::min(batch_size, training_images() - first);
  const nn::BatchResult result =
      run_pass(std::span(order).subspan(static_cast<size_t>(first), static_cast<size_t>(images)));
  if (!std::isfinite(result.loss)) {
    throw DivergedError(
        fmt::format("epoch {}, batch {}: the loss is {} at learning rate {}", position_.epochs + 1,
                    position_.batches + 1, std::abs(result.loss), rates.lr),
        "lower the learning rate");
  }
  optimizer_.step(rates, steps(), gradient_, trained_.parameters);
  update_average();
  round_weights();
  position_.loss_sum += result.loss * images;
  position_.correct += result.correct;
  ++position_.batches;
  require_finite();
  return result.loss;
}

// After a step and before it is counted.
void Trainer::update_average() {
  if (!experiment_.training.ema) return;
  const optim::Ema& ema = *experiment_.training.ema;
  if (steps() == 0) {
    result_ = trained_;
    return;
  }
  optim::move_average(ema.decay, trained_.parameters, result_->parameters);
  if (ema.use_buffers) {
    optim::move_average(ema.decay, trained_.buffers, result_->buffers);
  } else {
    result_->buffers = trained_.buffers;
  }
}

// After a step.
void Trainer::round_weights() {
  if (!rounding_) return;
  rounding_->round(trained_.parameters, result_->parameters);
  trained_.buffers = result_->buffers;
}

// MixUp of the next batch: draws its share, and sets each image's other label, that of the image before it.
double Trainer::mix_labels() {
  RandomStream random(experiment_.seed, RandomPurpose::kMixUp, static_cast<uint32_t>(position_.batches),
                      static_cast<uint32_t>(position_.epochs));
  other_labels_ = labels_;
  std::rotate(other_labels_.begin(), other_labels_.end() - 1, other_labels_.end());
  return draw_beta(experiment_.training.mixup->alpha, random);
}

// What the batch of these images is to be classified as, and how much each of them counts.
void Trainer::take_labels(std::span<const uint32_t> indices) {
  const data::Split& train = data_.train;
  labels_.clear();
  image_weights_.clear();
  for (const uint32_t image : indices) {
    labels_.push_back(train.labels[image]);
    if (!train.weights.empty()) image_weights_.push_back(train.weights[image]);
  }
}

// Loss and gradient of the next batch, which consists of these images.
nn::BatchResult Trainer::run_pass(std::span<const uint32_t> indices) {
  const auto epoch = static_cast<uint32_t>(position_.epochs);
  take_labels(indices);
  const bool mixes = experiment_.training.mixup.has_value();
  const double share = mixes ? mix_labels() : 1;
  const nn::Batch batch{
      .images = static_cast<int>(indices.size()),
      .labels = labels_,
      .load =
          [&](int block, int lanes, int thread, float* x) {
            if (mixes) return loader_.load_mixed(indices, block, share, thread, experiment_.seed, epoch, x);
            loader_.load(indices.subspan(static_cast<size_t>(block) * kLanes, static_cast<size_t>(lanes)),
                         thread, experiment_.seed, epoch, x);
          },
      .seed = experiment_.seed,
      .epoch = epoch,
      .first_block =
          static_cast<uint32_t>(position_.batches * kernels::blocks_of(experiment_.training.batch_size)),
      .label_smoothing = static_cast<float>(experiment_.training.label_smoothing),
      .class_weights = class_weights_,
      .image_weights = image_weights_,
      .other_labels = other_labels_,
      .label_share = static_cast<float>(share),
      .lesson = lesson_ ? &*lesson_ : nullptr};
  gradient_.resize(plan_.parameter_count);
  return pass_.run(batch, rounding_ ? *result_ : trained_, gradient_);
}

Evaluation Trainer::evaluate(const data::Split& split) {
  return evaluator_.evaluate(weights(), {split, 0, split.count});
}
Evaluation Trainer::evaluate_trained(const data::Split& split) {
  return evaluator_.evaluate(trained_, {split, 0, split.count});
}
Evaluation Trainer::evaluate_training() {
  return evaluator_.evaluate(weights(), training_part(data_, validation_images()));
}
Evaluation Trainer::evaluate_validation() {
  RUNG_REQUIRE(validation_images() > 0);
  return evaluator_.evaluate(weights(), validation_part(data_, validation_images()));
}

}  // namespace rung::train

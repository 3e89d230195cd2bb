// Trains a model on a dataset, one epoch at a time, and evaluates it. Reads and writes no files and prints
// nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/thread_pool.h"
#include "data/data_spec.h"
#include "data/dataset.h"
#include "nn/plan.h"
#include "nn/training_pass.h"
#include "nn/weights.h"
#include "optim/optimizer.h"
#include "optim/training_spec.h"
#include "quantise/weight_rounding.h"
#include "train/batches.h"
#include "train/evaluator.h"
#include "train/teachers.h"

namespace rung::train {

// Everything that determines a training run's numbers. `dataset` is resolved (data/arrange.h).
struct Experiment {
  nn::ModelSpec model;
  data::DatasetSpec dataset;
  std::vector<data::Transform> augment;
  optim::Training training;
  uint64_t seed = 1;
  std::vector<Teacher> teachers{};  // as many as [distill] names; to train, not to evaluate
};

// How far a run is, between two batches. Random numbers are functions of seed, epoch and image, so they need
// no state.
struct Position {
  int epochs = 0;       // done
  int batches = 0;      // done in the current epoch; all of them until it is closed
  double loss_sum = 0;  // over the images of these batches
  int correct = 0;      // of them
  double seconds = 0;   // spent on them
  friend bool operator==(const Position&, const Position&) = default;
};

// "epoch 3, batch 17", or "epoch 2" at an epoch's end.
std::string to_text(const Position& position);

// The state of the epoch, after every batch.
struct Progress {
  int epoch = 0;  // from 1
  int epochs = 0;
  int batch = 0;  // batches done, from 1
  int batches = 0;
  int images = 0;      // images done in this epoch
  int correct = 0;     // of these, in training mode while the weights change
  double loss = 0;     // of this batch
  double seconds = 0;  // since the epoch's start
};

struct TrainedEpoch {
  int epoch = 0;        // from 1
  double lr = 0;        // of its last batch
  double loss = 0;      // mean over the images, in training mode while the weights change
  double accuracy = 0;  // percent, likewise; with MixUp, of the labels of the larger share
  double seconds = 0;
};

// Everything that the rest of a run depends on.
struct State {
  Position position;
  nn::Weights trained;                // what the optimiser updates
  std::optional<nn::Weights> result;  // what is made from them: their average, or rounded ones
  optim::OptimizerState optimizer;
};

// Throws UsageError if the model does not take the data's images or labels, or cannot be trained with its
// last batch.
void require_fit(const Experiment& experiment, const data::Dataset& data);

class Trainer {
 public:
  // `data` and `pool` must outlive the trainer. Throws UsageError if the data's images or classes are not the
  // model's, MemoryError if the machine has too little memory. Precondition: the teachers are those of the
  // training, and their input and classes the model's.
  Trainer(const Experiment& experiment, const data::Dataset& data, ThreadPool& pool);
  Trainer(const Trainer&) = delete;  // its members refer to each other
  Trainer& operator=(const Trainer&) = delete;

  // Trains the next epoch, or the rest of the current one. Between two batches `on_batch` may save what
  // restore() takes; if it throws, the epoch stays unfinished. Throws DivergedError, naming epoch, batch and
  // learning rate, if a loss is not finite, and after a batch as require_finite() does. Precondition:
  // position().epochs < the training's epochs, unless use_rates() was called.
  TrainedEpoch train_epoch(const std::function<void(const Progress&)>& on_batch = {});

  // With weights().
  Evaluation evaluate(const data::Split& split);
  Evaluation evaluate_trained(const data::Split& split);  // with trained_weights()
  Evaluation evaluate_training();                         // on the images trained on
  Evaluation evaluate_validation();  // on those held out. Precondition: validation_images() > 0

  // Continues, bit for bit, from the state of another trainer of the same experiment and data. Preconditions:
  // the sizes are this trainer's, and the position is within its epochs and batches.
  void restore(State state);

  // Throws DivergedError, naming epoch and batch, unless everything that the rest of the run depends on is
  // finite.
  void require_finite() const;

  // From now on these rates replace the schedule's in every step. A resumed run must use the same function.
  void use_rates(std::function<optim::Rates(int64_t step)> rates) { own_rates_ = std::move(rates); }

  // See nn::TrainingPass.
  void start_profile() { pass_.start_profile(); }
  std::vector<nn::StepTime> profile() const { return pass_.profile(); }

  const Experiment& experiment() const { return experiment_; }
  const Position& position() const { return position_; }
  int batches_per_epoch() const;
  const nn::Plan& plan() const { return plan_; }
  int training_images() const { return data_.train.count - validation_images(); }
  int validation_images() const { return experiment_.dataset.validation.images; }
  // The run's result so far, which is evaluated and saved: of [ema] the moving average, of [quantize] the
  // rounded weights.
  const nn::Weights& weights() const { return result_ ? *result_ : trained_; }
  // What the optimiser updates.
  const nn::Weights& trained_weights() const { return trained_; }
  // weights() and trained_weights() are not the same.
  bool has_result() const { return result_.has_value(); }
  const optim::OptimizerState& optimizer() const { return optimizer_; }
  // Of the last batch, laid out as the parameters; empty before the first batch that this trainer has run.
  std::span<const float> gradient() const { return gradient_; }

 private:
  int64_t steps() const;
  optim::Rates rates_of(int batch) const;
  double train_batch(const std::vector<uint32_t>& order);
  double mix_labels();
  void take_labels(std::span<const uint32_t> indices);
  nn::BatchResult run_pass(std::span<const uint32_t> indices);
  void update_average();
  void round_weights();
  void weigh_classes();
  void take_lessons(ThreadPool& pool);
  Progress progress(double loss) const;

  Experiment experiment_;
  const data::Dataset& data_;
  nn::Plan plan_;
  nn::Weights trained_;
  std::optional<nn::Weights> result_;
  std::optional<quantise::WeightRounding> rounding_;
  optim::OptimizerState optimizer_;
  nn::TrainingPass pass_;
  Evaluator evaluator_;
  BlockLoader loader_;
  std::vector<float> gradient_;
  std::vector<uint8_t> labels_;        // of the current batch
  std::vector<float> class_weights_;   // [classes]; empty without them
  std::vector<float> image_weights_;   // of the current batch; empty without them
  std::vector<uint8_t> other_labels_;  // of the batch; empty without MixUp
  std::optional<Teachers> teachers_;
  std::optional<nn::Lesson> lesson_;
  Position position_;
  std::function<optim::Rates(int64_t step)> own_rates_;  // empty: the schedule's
};

}  // namespace rung::train

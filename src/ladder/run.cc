#include "ladder/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/error.h"
#include "base/file.h"
#include "base/require.h"
#include "data/arrange.h"
#include "ladder/job.h"
#include "ladder/teacher.h"
#include "nn/infer.h"
#include "optim/schedule_fit.h"
#include "recipe/settings.h"

namespace rung::ladder {
namespace {

using nlohmann::ordered_json;

constexpr uint64_t kMaxResultBytes = 64 << 20;

// The last batches of an epoch can break the weights without showing in the training loss.
void require_finite(std::string_view split, const train::Evaluation& evaluation,
                    const train::TrainedEpoch& trained) {
  if (std::isfinite(evaluation.loss)) return;
  throw DivergedError(fmt::format("epoch {}, after its last batch: the {} loss is {} at learning rate {}",
                                  trained.epoch, split, std::abs(evaluation.loss), trained.lr),
                      "lower the learning rate");
}

// The record of the epoch with the trainer's weights after it; throws DivergedError if they are broken.
train::EpochRecord record_of(const train::TrainedEpoch& trained, const train::Evaluation& test,
                             train::Trainer& trainer) {
  require_finite("test", test, trained);
  std::optional<train::ValidationRecord> validation;
  if (trainer.validation_images() > 0) {
    const train::Evaluation evaluation = trainer.evaluate_validation();
    require_finite("validation", evaluation, trained);
    validation = {evaluation.loss, evaluation.accuracy, evaluation.seconds,
                  evaluation.classes.balanced_accuracy()};
  }
  return {.epoch = trained.epoch,
          .lr = trained.lr,
          .train_loss = trained.loss,
          .train_accuracy = trained.accuracy,
          .test_loss = test.loss,
          .test_accuracy = test.accuracy,
          .train_seconds = trained.seconds,
          .test_seconds = test.seconds,
          .weights_sha256 = nn::weights_sha256(trainer.weights()),
          .validation = validation,
          .balanced_test_accuracy = test.classes.balanced_accuracy()};
}

// After each batch: reports it, and writes a checkpoint when it is due.
class BatchKeeper {
 public:
  BatchKeeper(const train::Trainer& trainer, train::RunDirectory& directory, double checkpoint_seconds,
              const Observer& observer)
      : trainer_(trainer),
        directory_(directory),
        checkpoint_seconds_(checkpoint_seconds),
        observer_(observer) {}

  void after_batch(const train::Progress& progress) {
    directory_.publish(progress);
    if (observer_.on_batch) observer_.on_batch(progress);
    if (progress.batch == progress.batches) return;  // the epoch's end has its own checkpoint
    const bool stopping = observer_.should_stop && observer_.should_stop();
    if (stopping || is_time()) save();
    if (stopping) stop();
  }

  // At an epoch's end, after it is saved.
  void after_epoch() {
    saved_at_ = Clock::now();
    if (observer_.should_stop && observer_.should_stop()) stop();
  }

 private:
  using Clock = std::chrono::steady_clock;

  bool is_time() const {
    return checkpoint_seconds_ > 0 &&
           std::chrono::duration<double>(Clock::now() - saved_at_).count() >= checkpoint_seconds_;
  }

  void save() {
    directory_.save(trainer_);
    saved_at_ = Clock::now();
  }

  [[noreturn]] void stop() const {
    throw Stopped(fmt::format("interrupted after {}", train::to_text(trainer_.position())));
  }

  const train::Trainer& trainer_;
  train::RunDirectory& directory_;
  double checkpoint_seconds_;
  const Observer& observer_;
  Clock::time_point saved_at_ = Clock::now();
};

// Names what a diverged run leaves behind.
std::string last_finite(const train::RunDirectory& directory) {
  if (!directory.saved()) return "";
  return fmt::format("; {} holds the last finite numbers, after {}",
                     (directory.path() / train::kCheckpointFile).string(),
                     train::to_text(*directory.saved()));
}

// Trains the rest of the run, one epoch at a time; returns the evaluation of the final weights.
train::Evaluation train_epochs(train::Trainer& trainer, train::RunDirectory& directory,
                               const data::Dataset& data, double checkpoint_seconds,
                               const Observer& observer) {
  BatchKeeper keeper(trainer, directory, checkpoint_seconds, observer);
  const int epochs = trainer.experiment().training.epochs;
  if (trainer.position().epochs == epochs) return trainer.evaluate(data.test);
  try {
    while (true) {
      const train::TrainedEpoch trained =
          trainer.train_epoch([&](const train::Progress& progress) { keeper.after_batch(progress); });
      train::Evaluation test = trainer.evaluate(data.test);
      const train::EpochRecord record = record_of(trained, test, trainer);
      if (observer.on_evaluated) observer.on_evaluated(record, test, trainer);
      directory.add_epoch(record, trainer);
      if (observer.on_epoch) observer.on_epoch(directory.epochs().back(), test);
      if (trained.epoch == epochs) return test;
      keeper.after_epoch();
    }
  } catch (const DivergedError& error) {
    directory.record_divergence(error.what());
    throw DivergedError(error.what(), error.hint() + last_finite(directory));
  }
}

// Whether the folder has this result. A ladder's step that was trained alone was judged without its previous
// step.
bool is_stored(const std::filesystem::path& folder, const Outcome& outcome, const Outcome* previous) {
  if (!find_result(folder, outcome.recipe)) return false;
  if (previous == nullptr) return true;
  const auto stored = ordered_json::parse(read_text_file(folder / train::kResultFile, kMaxResultBytes));
  return stored.value("targets", ordered_json()) == to_json(outcome)["targets"];
}

}  // namespace

train::RunRecord read_result(const std::filesystem::path& folder, const recipe::Recipe& recipe) {
  const std::filesystem::path file = folder / train::kResultFile;
  train::RunRecord record = train::parse_result(read_text_file(file, kMaxResultBytes), file.string());
  if (record.recipe != recipe.name || record.seed != recipe.seed ||
      record.params != nn::infer(recipe.model).params ||
      record.epochs.size() != static_cast<size_t>(recipe.training.epochs))
    throw DataError(
        fmt::format("{}: this is the result of another recipe than the one beside it", file.string()));
  return record;
}

std::optional<train::RunRecord> find_result(const std::filesystem::path& folder,
                                            const recipe::Recipe& recipe) {
  try {
    return read_result(folder, recipe);
  } catch (const DataError&) {
    return std::nullopt;
  }
}

bool Outcome::targets_met() const {
  return std::none_of(targets.begin(), targets.end(),
                      [](const TargetResult& result) { return result.met == std::optional(false); });
}

ordered_json to_json(const Outcome& outcome) {
  ordered_json json = train::to_json(outcome.record);
  json["targets"] = ordered_json::array();
  for (const TargetResult& target : outcome.targets) json["targets"].push_back(to_json(target));
  return json;
}

void require_fit(const recipe::Recipe& recipe, const data::Dataset& data) {
  train::require_fit(experiment_of(recipe), data);
  require_chip_budgets(recipe);
}

void require_same_run(const std::filesystem::path& run, const recipe::Recipe& recipe) {
  if (!train::holds_run(run)) return require_no_job(run);
  const auto difference = recipe::first_difference(recipe::load_stored(run / train::kRecipeFile), recipe);
  if (!difference) return;
  throw UsageError(fmt::format("{} holds a run with another {}: {}, not {}", run.string(), difference->key,
                               difference->first, difference->second),
                   "resume it with its own recipe and settings, or choose another folder");
}

std::vector<std::string> schedule_remarks(const recipe::Recipe& recipe, const data::Dataset& data) {
  const int images = data.train.count - recipe.dataset.validation.images;
  const int batch = recipe.training.batch_size;
  RUNG_REQUIRE(images > 0 && batch > 0);
  return optim::schedule_remarks(recipe.training, (images + batch - 1) / batch);
}

train::Experiment experiment_of(const recipe::Recipe& recipe) {
  return {recipe.model, recipe.dataset, recipe.augment, recipe.training, recipe.seed};
}

data::Dataset load_data(recipe::Recipe& recipe, const std::filesystem::path& root) {
  data::Dataset data = data::arranged(data::load_dataset(recipe.dataset.name, root), recipe.dataset);
  resolve(recipe, data);
  return data;
}

void resolve(recipe::Recipe& recipe, const data::Dataset& data) {
  recipe.dataset = data::resolved(recipe.dataset, data);
  resolve_teachers(recipe);
}

Outcome run_recipe(const recipe::Recipe& recipe, const data::Dataset& data, ThreadPool& pool,
                   const RunPlace& place, const Outcome* previous, const Observer& observer) {
  train::Trainer trainer(experiment_with_teachers(recipe), data, pool);
  train::RunDirectory directory(place.folder, recipe::to_toml(recipe), place.start);
  const std::string data_sha256 = data::sha256(data);
  const auto found = directory.restore(trainer, data_sha256);
  if (observer.on_start) observer.on_start(found);
  Outcome outcome;
  outcome.recipe = recipe;
  outcome.test = train_epochs(trainer, directory, data, place.checkpoint_seconds, observer);
  train::RunRecord& record = outcome.record;
  record.recipe = recipe.name;
  record.title = recipe.title;
  record.seed = recipe.seed;
  record.params = static_cast<int64_t>(trainer.plan().parameter_count);
  record.train_images = trainer.training_images();
  record.validation_images = trainer.validation_images();
  record.test_images = data.test.count;
  record.data_sha256 = data_sha256;
  record.machine = train::this_machine(pool.size());
  record.epochs = directory.epochs();
  const train::Evaluation training = trainer.evaluate_training();
  record.train_accuracy_evaluated = training.accuracy;
  record.train_evaluation_seconds = training.seconds;
  record.train_classes = training.classes;
  record.test_classes = outcome.test.classes;
  if (trainer.experiment().training.ema)
    record.trained_weights_test_accuracy = trainer.evaluate_trained(data.test).accuracy;
  record.weights_sha256 = nn::weights_sha256(trainer.weights());
  outcome.targets = judge(recipe, record, previous == nullptr ? nullptr : &previous->record);
  if (!found.finished || !is_stored(place.folder, outcome, previous)) directory.finish(to_json(outcome));
  return outcome;
}

}  // namespace rung::ladder

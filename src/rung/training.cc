#include "rung/training.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/thread_pool.h"
#include "data/dataset.h"
#include "ladder/job.h"
#include "ladder/run.h"
#include "recipe/recipe.h"
#include "recipe/settings.h"
#include "train/run_directory.h"
#include "train/trainer.h"

namespace rung {
namespace {

namespace fs = std::filesystem;

Epoch epoch_of(const train::EpochRecord& record) {
  Epoch epoch{.number = record.epoch,
              .lr = record.lr,
              .train_loss = record.train_loss,
              .train_accuracy = record.train_accuracy,
              .test_loss = record.test_loss,
              .test_accuracy = record.test_accuracy,
              .seconds = record.train_seconds};
  if (record.validation) {
    epoch.validation_loss = record.validation->loss;
    epoch.validation_accuracy = record.validation->accuracy;
  }
  return epoch;
}

std::vector<Epoch> epochs_of(const std::vector<train::EpochRecord>& records) {
  std::vector<Epoch> epochs;
  std::ranges::transform(records, std::back_inserter(epochs), epoch_of);
  return epochs;
}

recipe::Recipe load(const fs::path& file, const std::map<std::string, std::string>& values) {
  const recipe::Recipe recipe = recipe::load(file);
  std::vector<recipe::Setting> settings;
  for (const auto& [key, value] : values) settings.push_back({key, value});
  return settings.empty() ? recipe : recipe::with_settings(recipe, settings);
}

// `options` must outlive it.
ladder::Observer observer_of(const TrainingOptions& options, int epochs) {
  ladder::Observer observer;
  observer.should_stop = options.should_stop;
  if (options.on_epoch)
    observer.on_epoch = [&options, epochs](const train::EpochRecord& record, const train::Evaluation&) {
      options.on_epoch(epoch_of(record), epochs);
    };
  return observer;
}

}  // namespace

TrainedRun train_recipe(const fs::path& recipe_file, const fs::path& run, const TrainingOptions& options) {
  recipe::Recipe recipe = load(recipe_file, options.settings);
  if (!options.resume) ladder::require_no_job(run);
  const data::Dataset data = ladder::load_data(recipe, data::root_or_default(options.data));
  ladder::require_fit(recipe, data);
  if (options.resume) ladder::require_same_run(run, recipe);
  ThreadPool pool(ThreadPool::or_available(options.threads));
  const ladder::RunPlace place{run, options.resume ? train::Start::kResume : train::Start::kNew,
                               options.checkpoint_seconds};
  try {
    const ladder::Outcome outcome =
        ladder::run_recipe(recipe, data, pool, place, nullptr, observer_of(options, recipe.training.epochs));
    return {true, epochs_of(outcome.record.epochs), outcome.record.weights_sha256};
  } catch (const ladder::Stopped&) {
    return {false, epochs_of(train::read_epochs(run)), ""};
  }
}

}  // namespace rung

// Runs a recipe from start to end: trains, evaluates after every epoch, judges the targets, and writes the
// run's folder.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/thread_pool.h"
#include "data/dataset.h"
#include "ladder/judge.h"
#include "recipe/recipe.h"
#include "train/run_directory.h"
#include "train/run_record.h"
#include "train/trainer.h"

namespace rung::ladder {

struct Outcome {
  recipe::Recipe recipe;
  train::RunRecord record;
  train::Evaluation test;  // of the final weights
  std::vector<TargetResult> targets;

  bool targets_met() const;  // none is missed; a target that cannot be judged is not missed
};

// The content of result.json.
nlohmann::ordered_json to_json(const Outcome& outcome);

// Where and how a run is stored.
struct RunPlace {
  std::filesystem::path folder;
  train::Start start = train::Start::kNew;
  double checkpoint_seconds = 30;  // longest time between checkpoints; 0: only at the ends of epochs
};

// Callbacks of a run; each may be empty.
struct Observer {
  std::function<void(const train::RunDirectory::Found&)> on_start;
  std::function<void(const train::Progress&)> on_batch;
  // After an epoch's evaluation, before the folder says that the epoch is done: a run that is killed in
  // between trains the epoch again.
  std::function<void(const train::EpochRecord&, const train::Evaluation&, const train::Trainer&)>
      on_evaluated;
  std::function<void(const train::EpochRecord&, const train::Evaluation&)> on_epoch;
  std::function<bool()> should_stop;  // asked between batches
};

// The run stopped because should_stop() said so. Its folder holds a checkpoint.
class Stopped : public Error {
  using Error::Error;
};

// The recipe's images as it uses them, from the datasets in `root` (data::load_dataset); resolves the recipe.
// Throws as load_dataset(), arranged() and resolve() do.
data::Dataset load_data(recipe::Recipe& recipe, const std::filesystem::path& root);

// Writes into the recipe what only these images, already arranged, and the teachers tell. Throws as
// data::resolved() and resolve_teachers() do.
void resolve(recipe::Recipe& recipe, const data::Dataset& data);

// Trains or resumes a run. `previous` is the previous step, for targets that refer to it; it may be null.
// Throws as Trainer and RunDirectory do, and Stopped.
Outcome run_recipe(const recipe::Recipe& recipe, const data::Dataset& data, ThreadPool& pool,
                   const RunPlace& place, const Outcome* previous, const Observer& observer);

// The result in the folder of a finished run of the recipe. Throws IoError if it cannot be read, DataError if
// it is damaged, another recipe's, or lacks epochs.
train::RunRecord read_result(const std::filesystem::path& folder, const recipe::Recipe& recipe);

// The same, but none instead of a DataError.
std::optional<train::RunRecord> find_result(const std::filesystem::path& folder,
                                            const recipe::Recipe& recipe);

// Throws UsageError, naming the first key that differs, if the folder holds a run of another recipe than this
// resolved one, or a job of another kind.
void require_same_run(const std::filesystem::path& run, const recipe::Recipe& recipe);

// Where the recipe's learning-rate schedule does not fit its training on this data, in sentences.
// Precondition: train::require_fit().
std::vector<std::string> schedule_remarks(const recipe::Recipe& recipe, const data::Dataset& data);

train::Experiment experiment_of(const recipe::Recipe& recipe);

// Throws as train::require_fit() and require_chip_budgets(): what can be known before training.
void require_fit(const recipe::Recipe& recipe, const data::Dataset& data);

}  // namespace rung::ladder

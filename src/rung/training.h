// Trains a recipe: a TOML file that describes the data, the model and the training (docs/recipes.md).
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rung {

// One epoch of training. Accuracies are percent; losses are means over the images.
struct Epoch {
  int number = 0;             // from 1
  double lr = 0;              // of its last batch
  double train_loss = 0;      // in training mode, while the weights change
  double train_accuracy = 0;  // likewise
  double test_loss = 0;       // in evaluation mode, with the weights after the epoch
  double test_accuracy = 0;
  std::optional<double> validation_loss{};  // none if the recipe holds no images out
  std::optional<double> validation_accuracy{};
  double seconds = 0;  // of training, without the evaluations
};

struct TrainingOptions {
  // Values for keys of the recipe (docs/recipes.md), as `rung train --set` takes them:
  // {{"training.epochs", "2"}, {"optimizer.lr", "0.02"}, {"seed", "7"}}.
  std::map<std::string, std::string> settings{};
  std::filesystem::path data{};    // the folder of the datasets; empty: $RUNG_DATA, or ./data
  int threads = 0;                 // 0: one for each core that the process may use
  bool resume = false;             // continue the run in the folder, if it holds one
  double checkpoint_seconds = 30;  // the longest time between checkpoints; 0: only at the ends of epochs

  // Both are called from the thread that called train_recipe(), and may be empty. An exception that one of
  // them throws ends the training; what was saved before can be resumed.
  std::function<void(const Epoch& epoch, int epochs)> on_epoch{};  // after each epoch, once it is saved
  std::function<bool()> should_stop{};                             // asked after each batch
};

struct TrainedRun {
  bool finished = false;        // false: should_stop() ended it, and `resume` continues it
  std::vector<Epoch> epochs{};  // those that are finished, also before it was resumed
  // Of the final weights; empty unless finished. Runs with the same hash have the same weights, to the bit.
  std::string weights_sha256{};
};

// Trains the recipe in the file `recipe` and writes the run to the folder `run` (docs/run-directory.md),
// which Model::load() reads: the same bits for the same recipe, on any number of threads. It loads the
// dataset but does not download it; `rung data fetch` does.
//
// Throws UsageError if the recipe is wrong, if it does not fit its data, or if the folder holds a run (with
// `resume`: another run); IoError and NoSpaceError for files, DataError for damaged ones; DivergedError if
// the loss is no longer finite; MemoryError.
TrainedRun train_recipe(const std::filesystem::path& recipe, const std::filesystem::path& run,
                        const TrainingOptions& options = {});

}  // namespace rung

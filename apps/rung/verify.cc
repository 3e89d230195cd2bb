// rung verify RUN_DIR
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/file.h"
#include "commands.h"
#include "ladder/job.h"
#include "ladder/run.h"
#include "ladder/teacher.h"
#include "options.h"
#include "terminal.h"
#include "train/run_directory.h"
#include "training.h"

namespace rung::app {
namespace {

using nlohmann::ordered_json;

struct Options {
  std::string run;
  int epochs = 0;
  EngineOptions engine;
  OutputOptions output;
};

// The finished epochs that the run has recorded; at least one.
std::vector<train::EpochRecord> recorded_epochs(const std::filesystem::path& run) {
  if (!is_there(run / train::kMetricsFile)) fail_without_epochs(run);
  auto epochs = train::read_epochs(run);
  if (epochs.empty()) fail_without_epochs(run);
  return epochs;
}

// The result.
struct Verdict {
  int epochs = 0;                        // that were repeated
  std::optional<int> first_difference;   // the epoch
  std::optional<bool> best_file_agrees;  // if all epochs of a whole run were repeated, and agree

  bool same() const { return !first_difference && best_file_agrees.value_or(true); }
};

// Repeats the epochs until one differs.
void repeat(const std::vector<train::EpochRecord>& recorded, size_t all, train::Trainer& trainer,
            Verdict& verdict) {
  for (const train::EpochRecord& epoch : recorded) {
    trainer.train_epoch();
    ++verdict.epochs;
    const std::string sha256 = nn::weights_sha256(trainer.weights());
    if (sha256 != epoch.weights_sha256) {
      say("Epoch {} is the first that differs: the SHA-256 of its weights was {}, and is now {}\n",
          epoch.epoch, epoch.weights_sha256, sha256);
      verdict.first_difference = epoch.epoch;
      return;
    }
    say("Epoch {}/{}: the same bits, SHA-256 {}\n", epoch.epoch, all, sha256);
  }
}

// The SHA-256 of the weights in the file; none if they belong to another recipe.
std::string hash_in(const nn::Plan& plan, const std::filesystem::path& file, const std::string& recipe_toml) {
  try {
    return nn::weights_sha256(train::load_weights(plan, file, recipe_toml));
  } catch (const UsageError&) {
    return "";
  }
}

// Whether the file holds the weights of that epoch.
bool holds(const nn::Plan& plan, const std::filesystem::path& file, const std::string& recipe_toml,
           const train::EpochRecord& epoch) {
  const bool same = hash_in(plan, file, recipe_toml) == epoch.weights_sha256;
  say("{} holds {} epoch {}\n", file.string(), same ? "the weights of" : "other weights than those of",
      epoch.epoch);
  return same;
}

ordered_json to_json(const Verdict& verdict, const std::filesystem::path& run) {
  ordered_json json{{"run_dir", run.string()}, {"same", verdict.same()}, {"epochs", verdict.epochs}};
  json["first_difference"] = verdict.first_difference ? ordered_json(*verdict.first_difference) : nullptr;
  json["best_file_agrees"] = verdict.best_file_agrees ? ordered_json(*verdict.best_file_agrees) : nullptr;
  return json;
}

// Other images, or kernels that compute other bits, would explain a difference.
void require_origin(const std::filesystem::path& run, const nn::Plan& plan, const recipe::Recipe& recipe,
                    const data::Dataset& data) {
  const train::Origin origin = train::origin_of(recipe::to_toml(recipe), data::sha256(data));
  const std::string damage = train::require_origin(run / train::kCheckpointFile, plan, origin);
  if (!damage.empty()) warn(damage);  // a checkpoint that cannot be used is not needed here
}

bool verify(const Options& options) {
  options.output.apply();
  const std::filesystem::path run = options.run;
  ladder::require_run(run);
  recipe::Recipe recipe = recipe::load_stored(run / train::kRecipeFile);
  train::RunRecord record;
  record.epochs = recorded_epochs(run);
  ThreadPool pool = options.engine.make_pool();
  const data::Dataset data = options.engine.load(recipe);
  train::Trainer trainer(ladder::experiment_with_teachers(recipe), data, pool);
  require_origin(run, trainer.plan(), recipe, data);
  const size_t all = record.epochs.size();
  if (options.epochs > 0) record.epochs.resize(std::min(all, static_cast<size_t>(options.epochs)));
  Verdict verdict;
  repeat(record.epochs, all, trainer, verdict);
  // (An unfinished run may have written its best file for an epoch that it has not recorded.)
  const bool is_whole = record.epochs.size() == static_cast<size_t>(recipe.training.epochs);
  if (!verdict.first_difference && is_whole)
    verdict.best_file_agrees =
        holds(trainer.plan(), run / train::kBestFile, recipe::to_toml(recipe), record.chosen());
  if (options.output.json) write_json(to_json(verdict, run));
  return verdict.same();
}

}  // namespace

void add_verify(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("verify", "Repeat a run: are its weights the same to the bit?");
  command->add_option("RUN_DIR", options->run, "The run's folder")->required();
  command->add_option("--epochs", options->epochs, "Repeat only the first N epochs (default: all)")
      ->check(CLI::Range(1, 100000))
      ->type_name("N");
  options->engine.add_to(*command);
  options->output.add_to(*command);
  command->footer(
      "Exit code: 0 the bits agree; 1 they differ; 2 the run had another recipe, other images, another "
      "instruction set\nor other numerics.\nExample:\n  rung verify runs/step3-seed1 --epochs 2");
  command->callback([options, &exit_code] { exit_code = verify(*options) ? kDone : kFailed; });
}

}  // namespace rung::app

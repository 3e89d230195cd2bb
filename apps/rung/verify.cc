// rung verify RUN_DIR
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/file.h"
#include "commands.h"
#include "ladder/run.h"
#include "options.h"
#include "terminal.h"
#include "train/run_directory.h"

namespace rung::app {
namespace {

constexpr uint64_t kMaxMetricsBytes = 64 << 20;

struct Options {
  std::string run;
  int epochs = 0;
  EngineOptions engine;
};

// The finished epochs that the run has written down.
std::vector<train::EpochRecord> recorded_epochs(const std::filesystem::path& run) {
  const auto file = run / train::kMetricsFile;
  auto epochs = train::parse_json_lines(read_text_file(file, kMaxMetricsBytes), file.string());
  if (epochs.empty()) throw DataError(fmt::format("{}: no epoch is finished", file.string()));
  return epochs;
}

// Whether the file holds the weights of that epoch.
bool holds(const nn::Plan& plan, const std::filesystem::path& file, const train::EpochRecord& epoch) {
  const bool same = nn::weights_sha256(train::load_weights(plan, file)) == epoch.weights_sha256;
  say("{} holds {} epoch {}\n", file.string(), same ? "the weights of" : "other weights than those of",
      epoch.epoch);
  return same;
}

bool verify(const Options& options) {
  const std::filesystem::path run = options.run;
  const recipe::Recipe recipe = recipe::load(run / train::kRecipeFile);
  std::vector<train::EpochRecord> recorded = recorded_epochs(run);
  ThreadPool pool = options.engine.make_pool();
  const data::Dataset data = options.engine.load(recipe.dataset.name);
  train::Trainer trainer(ladder::experiment_of(recipe), data, pool);
  const size_t all = recorded.size();
  if (options.epochs > 0) recorded.resize(std::min(all, static_cast<size_t>(options.epochs)));
  for (const train::EpochRecord& epoch : recorded) {
    trainer.train_epoch();
    const std::string sha256 = nn::weights_sha256(trainer.weights());
    if (sha256 != epoch.weights_sha256) {
      say("Epoch {} is the first that differs: its weights' SHA-256 was {}, and is {} now\n", epoch.epoch,
          epoch.weights_sha256, sha256);
      return false;
    }
    say("Epoch {}/{}: the same bits, SHA-256 {}\n", epoch.epoch, all, sha256);
  }
  train::RunRecord record;
  record.epochs = recorded;
  return recorded.size() < all || holds(trainer.plan(), run / train::kBestFile, record.chosen());
}

}  // namespace

void add_verify(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("verify", "Repeat a run, and say whether its weights come out the same to the bit");
  command->add_option("RUN_DIR", options->run, "The run's folder")->required();
  command->add_option("--epochs", options->epochs, "Only the first so many epochs (default: all)")
      ->check(CLI::Range(1, 100000))
      ->type_name("N");
  options->engine.add_to(*command);
  command->footer(
      "Exit code: 0 the bits agree, 1 they do not.\nExample:\n  rung verify runs/step3-seed1 --epochs 2");
  command->callback([options, &exit_code] { exit_code = verify(*options) ? kDone : kFailed; });
}

}  // namespace rung::app

// rung train RECIPE
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "commands.h"
#include "interrupt.h"
#include "ladder/analysis.h"
#include "ladder/job.h"
#include "ladder/markdown.h"
#include "ladder_view.h"
#include "options.h"
#include "report.h"
#include "table.h"
#include "terminal.h"
#include "train/run_directory.h"
#include "training.h"

namespace rung::app {
namespace {

struct Options {
  std::string recipe;
  EngineOptions engine;
  RunOptions run;
  OutputOptions output;
};

// The recipe and the place to train it.
std::pair<recipe::Recipe, ladder::RunPlace> new_run(const Options& options) {
  const recipe::Recipe recipe = options.run.load(options.recipe);
  const auto folder = options.run.folder(fmt::format("{}-seed{}", recipe.name, recipe.seed));
  ladder::require_no_job(folder);
  return {recipe, {folder, train::Start::kNew, options.run.checkpoint_seconds}};
}

std::pair<recipe::Recipe, ladder::RunPlace> resumed_run(const Options& options) {
  const std::filesystem::path folder = options.run.resume;
  ladder::require_run(folder);
  return {recipe::load_stored(folder / train::kRecipeFile),
          {folder, train::Start::kResume, options.run.checkpoint_seconds}};
}

int train(const Options& options) {
  if (options.recipe.empty() && options.run.resume.empty()) throw CLI::RequiredError("RECIPE");
  options.output.apply();
  auto [recipe, place] = options.run.resume.empty() ? new_run(options) : resumed_run(options);
  ThreadPool pool = options.engine.make_pool();
  const data::Dataset data = options.engine.load(recipe);
  warn_of_images(data, recipe);
  const std::string resume = resume_command("train", place.folder, options.engine, options.run);
  std::optional<InterruptGuard> guard(std::in_place);
  const ladder::Outcome outcome = run_and_show(recipe, data, pool, place, nullptr, resume);
  guard.reset();
  const ladder::Analysis analysis = ladder::analyse(outcome, nullptr, data.test.labels);
  if (options.output.json) {
    write_json(document_of(outcome, analysis, place.folder));
  } else {
    if (options.run.full) {
      say_markdown("\n" + ladder::step_section(outcome, analysis));
    } else {
      say_run(outcome, analysis);
    }
    say("\nWeights: SHA-256 {}\nWritten to {}\n", outcome.record.weights_sha256, place.folder.string());
  }
  report_on(place.folder, data, pool);
  return options.run.strict && !outcome.targets_met() ? kTargetMissed : kDone;
}

}  // namespace

void add_train(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("train", "Train one recipe");
  CLI::Option* recipe = command->add_option("RECIPE", options->recipe,
                                            "A recipe's file, or the name of one of Rung's own (step3)");
  options->engine.add_to(*command);
  options->run.add_to(*command, *recipe);
  options->output.add_to(*command);
  command->footer(
      "Ctrl-C, SIGTERM and a closed pipe end it after the current batch, with a checkpoint from which "
      "--resume\ncontinues.\n"
      "Example:\n  rung train step3 --epochs 2 --seed 7\n  rung train --resume runs/step3-seed7");
  command->callback([options, &exit_code] { exit_code = train(*options); });
}

}  // namespace rung::app

// rung train RECIPE
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/file.h"
#include "base/new_folder.h"
#include "command_line.h"
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

namespace fs = std::filesystem;

struct Options {
  const CLI::App* given = nullptr;  // the command line
  std::string recipe;
  EngineOptions engine;
  RunOptions run;
  OutputOptions output;
};

recipe::Recipe load(const Options& options) {
  const RunOptions& run = options.run;
  if (run.resume.empty()) {
    if (!run.out.empty()) ladder::require_no_job(run.out);
    return run.load(options.recipe);
  }
  ladder::require_run(run.resume);
  return recipe::load_stored(fs::path(run.resume) / train::kRecipeFile);
}

int train(const Options& options) {
  if (options.recipe.empty() && options.run.resume.empty()) throw CLI::RequiredError("RECIPE");
  options.output.apply();
  recipe::Recipe recipe = load(options);
  ThreadPool pool = options.engine.make_pool();
  const data::Dataset data = options.engine.load(recipe);
  ladder::require_fit(recipe, data);
  warn_of_images(data, recipe, options.engine);
  std::optional<InterruptGuard> guard(std::in_place);
  std::optional<NewFolder> made;
  const ladder::RunPlace place{options.run.folder(recipe.name, recipe.seed, made),
                               options.run.resume.empty() ? train::Start::kNew : train::Start::kResume,
                               options.run.checkpoint_seconds};
  if (!is_there(place.folder / train::kResultFile)) show_folder(place.folder);
  const std::string resume = repeated_with(*options.given, "--resume", place.folder.string());
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
  options->given = command;
  CLI::Option* recipe = command->add_option("RECIPE", options->recipe,
                                            "A recipe's file, or the name of one of Rung's own (step3)");
  options->engine.add_to(*command);
  options->run.add_to(*command, *recipe);
  options->output.add_to(*command);
  command->footer(
      "Ctrl-C, SIGTERM and a closed pipe end it after the current batch, with a checkpoint from which "
      "--resume\ncontinues.\n"
      "Example:\n  rung train step3 --epochs 2 --seed 7\n  rung train step3 --set optimizer.lr=0.02\n  rung "
      "train --resume runs/step3-seed7");
  command->callback([options, &exit_code] { exit_code = train(*options); });
}

}  // namespace rung::app

// rung report RUN_OR_LADDER_DIR...
#include "report.h"

#include <fmt/format.h>

#include <deque>
#include <memory>

#include "base/file.h"
#include "commands.h"
#include "data/arrange.h"
#include "options.h"
#include "report/write_report.h"
#include "terminal.h"

namespace rung::app {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::vector<std::string> folders;
  std::string out;
  EngineOptions engine;
};

// One folder's report goes into it; a report on several goes into the current folder.
fs::path out_file(const Options& options) {
  if (!options.out.empty()) return options.out;
  return options.folders.size() == 1 ? fs::path(options.folders.front()) / report::kReportFile
                                     : report::kReportFile;
}

void make_report(const Options& options) {
  const std::vector<fs::path> folders(options.folders.begin(), options.folders.end());
  std::vector<report::StoredRun> runs;
  for (const fs::path& folder : report::find_runs(folders)) runs.push_back(report::load_run(folder));
  std::deque<data::Dataset> datasets;
  report::Shelf shelf;
  for (report::StoredRun& run : runs) {
    report::Images& images = shelf[data::arrangement_of(run.recipe.dataset)];
    if (images.data != nullptr || !images.problem.empty()) continue;
    try {
      datasets.push_back(options.engine.load(run.recipe));
      images.data = &datasets.back();
    } catch (const Error& error) {
      images.problem = error.what();
    }
  }
  const bool as_ladder = folders.size() == 1 && !report::is_run(folders.front());
  ThreadPool pool = options.engine.make_pool();
  const std::string page = report::make_report(std::move(runs), as_ladder, shelf, pool);
  const fs::path file = out_file(options);
  write_output(file, page);
  say("Written to {}\n", file.string());
}

}  // namespace

void report_on(const fs::path& folder, const data::Dataset& data, ThreadPool& pool) {
  try {
    report::write_report(folder, data, pool);
  } catch (const std::exception& error) {
    warn(fmt::format("the report was not written: {}", error.what()));
    return;
  }
  say("To look at in a browser: {}\n", (folder / report::kReportFile).string());
}

void add_report(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("report", "Write a page about a run, a ladder, or two runs");
  command
      ->add_option("DIR", options->folders,
                   "A run's or a ladder's folder; two runs are compared, more are the steps of a ladder")
      ->required();
  command
      ->add_option("--out", options->out,
                   "File to write (default: report.html in the folder, or in ./ for several)")
      ->type_name("FILE");
  options->engine.add_to(*command);
  command->footer(
      "Example:\n  rung report runs/climb-seed1\n  rung report runs/step3-seed1 runs/step3-seed2 --out "
      "seeds.html");
  command->callback([options] { make_report(*options); });
}

}  // namespace rung::app

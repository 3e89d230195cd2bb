#include "training.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "command_line.h"
#include "data/check.h"
#include "data/registry.h"
#include "data/remarks.h"
#include "display.h"
#include "interrupt.h"
#include "report/event_log.h"
#include "terminal.h"
#include "train/run_directory.h"
#include "train/run_status.h"

namespace rung::app {
namespace {

namespace fs = std::filesystem;

void show_start(const train::RunDirectory::Found& found, const std::filesystem::path& folder) {
  if (!found.damage.empty()) warn(fmt::format("{}; the checkpoint before it is used instead", found.damage));
  if (found.finished) {
    say("{} is finished: nothing is left to train\n", folder.string());
  } else if (found.position != train::Position{}) {
    say("{} resumes after {}\n", folder.string(), train::to_text(found.position));
  }
}

}  // namespace

void show_folder(const fs::path& folder) {
  say("Writing to {}; follow it with `{} watch {}`\n", folder.string(), program_word(),
      shell_word(folder.string()));
}

void warn_of_images(const data::Dataset& data, const recipe::Recipe& recipe, const EngineOptions& engine) {
  for (const std::string& remark : data::remarks_on(data, recipe.dataset, recipe.model.classes)) warn(remark);
  const std::string remark = check_remark(data, recipe.dataset.name, engine);
  if (!remark.empty()) warn(remark);
}

std::string check_remark(const data::Dataset& data, const std::string& name, const EngineOptions& engine) {
  if (data::known_dataset(name) != nullptr) return "";
  const std::string faults = data::faults_at_once(data);
  if (faults.empty()) return "";
  return fmt::format("the dataset has {}: look at `{} data check {}{}`", faults, program_word(),
                     shell_word(name), engine.data_option());
}

ladder::Outcome run_and_show(const recipe::Recipe& recipe, const data::Dataset& data, ThreadPool& pool,
                             const ladder::RunPlace& place, const ladder::Outcome* previous,
                             const std::string& resume, const Remark& remark) {
  EpochDisplay display;
  report::EventLog events(place.folder);
  const std::string hint = fmt::format("resume with `{}`", resume);
  bool started = false;
  const ladder::Observer observer{
      .on_start =
          [&](const train::RunDirectory::Found& found) {
            started = true;
            show_start(found, place.folder);
            if (!found.finished) warn_of_schedule(recipe, data);
          },
      .on_batch =
          [&](const train::Progress& progress) {
            display.on_batch(progress);
            const std::string line = remark ? remark(progress) : "";
            if (!line.empty()) display.interject(line);
          },
      .on_evaluated = [&](const train::EpochRecord& epoch, const train::Evaluation& test,
                          const train::Trainer& trainer) { events.add_epoch(epoch, test, trainer, data); },
      .on_epoch =
          [&](const train::EpochRecord& epoch, const train::Evaluation& test) {
            display.on_epoch(epoch, recipe.training.epochs, test);
          },
      .should_stop = [] { return InterruptGuard::signal() != 0; }};
  try {
    ladder::Outcome outcome = ladder::run_recipe(recipe, data, pool, place, previous, observer);
    if (const int signal = InterruptGuard::signal(); signal != 0)
      throw Interrupted(signal, "interrupted after the last epoch", hint);
    return outcome;
  } catch (const ladder::Stopped& stopped) {
    throw Interrupted(InterruptGuard::signal(), stopped.what(), hint);
  } catch (const IoError& error) {
    throw IoError(error.what(), started ? hint : error.hint());
  }
}

void warn_of_schedule(const recipe::Recipe& recipe, const data::Dataset& data) {
  for (const std::string& remark : ladder::schedule_remarks(recipe, data))
    warn(fmt::format("{}: {}", recipe.name, remark));
}

void fail_without_epochs(const std::filesystem::path& folder) {
  const train::RunStatus run = train::look_at_run(folder, 1);
  if (!run.divergence.empty())
    throw DataError(fmt::format("{} diverged in its first epoch: {}", folder.string(), run.divergence),
                    kAfterDivergence);
  throw DataError(fmt::format("{}: no epoch is finished yet", folder.string()),
                  run.state == train::RunState::kRunning
                      ? "wait for the first one"
                      : fmt::format("resume with `{}`", resume_command("train", folder)));
}

void require_epochs(const std::filesystem::path& folder, const char* weights) {
  if (!is_there(folder / weights) && !is_there(folder / train::kMetricsFile)) fail_without_epochs(folder);
}

nlohmann::ordered_json document_of(const ladder::Outcome& outcome, const ladder::Analysis& analysis,
                                   const std::filesystem::path& folder) {
  nlohmann::ordered_json document = ladder::to_json(outcome);
  document["analysis"] = analysis.sentences;
  document["run_dir"] = folder.string();
  return document;
}

}  // namespace rung::app

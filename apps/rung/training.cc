#include "training.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/text.h"
#include "data/remarks.h"
#include "display.h"
#include "interrupt.h"
#include "report/event_log.h"
#include "terminal.h"
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

// Bytes that no terminal shows, spelt as Bash reads them: $'caf\xe9'.
std::string bash_word(const std::string& text) {
  std::string escaped;
  for (const char byte : text) {
    if (byte == '\'' || byte == '\\') escaped += '\\';
    escaped += byte;
  }
  return "$'" + printable(escaped) + "'";
}

// Whether the shell finds this program by the name "rung".
bool is_first_on_path(const fs::path& program) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  std::error_code error;
  for (std::string folder; std::getline(folders, folder, ':');)
    if (const fs::path found = fs::path(folder) / "rung"; fs::is_regular_file(found, error))
      return fs::equivalent(found, program, error);
  return false;
}

}  // namespace

std::string shell_word(const std::string& text) {
  const auto is_plain = [](unsigned char byte) {
    return std::isalnum(byte) != 0 ||
           std::string_view("/._-+,:@%").find(static_cast<char>(byte)) != std::string_view::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) return text;
  if (has_control(text) || !is_utf8(text)) return bash_word(text);
  std::string quoted = "'";
  for (const char byte : text) quoted += byte == '\'' ? std::string("'\\''") : std::string(1, byte);
  return quoted + "'";
}

std::string program_word() {
  std::error_code error;
  std::string file = fs::read_symlink("/proc/self/exe", error).string();
  constexpr std::string_view kReplaced = " (deleted)";  // what Linux adds to it after a new build
  if (file.ends_with(kReplaced)) file.resize(file.size() - kReplaced.size());
  const fs::path program = file;
  if (error || is_first_on_path(program)) return "rung";
  const fs::path near = program.lexically_relative(fs::current_path(error));
  if (near.empty() || *near.begin() == "..") return shell_word(program.string());
  return shell_word(near.has_parent_path() ? near.string() : "./" + near.string());
}

void show_folder(const fs::path& folder) {
  say("Writing to {}; follow it with `{} watch {}`\n", folder.string(), program_word(),
      shell_word(folder.string()));
}

std::string resume_command(std::string_view command, const std::filesystem::path& folder,
                           const EngineOptions& engine, const RunOptions& run) {
  std::string line = fmt::format("{} {} --resume {}", program_word(), command, shell_word(folder.string()));
  if (!engine.data_root.empty()) line += " --data " + shell_word(engine.data_root);
  if (!engine.simd.empty()) line += " --simd " + shell_word(engine.simd);
  if (engine.threads != 0) line += fmt::format(" --threads {}", engine.threads);
  if (run.checkpoint_seconds != RunOptions{}.checkpoint_seconds)
    line += fmt::format(" --checkpoint-seconds {}", run.checkpoint_seconds);
  if (run.strict) line += " --strict";
  return line;
}

void warn_of_images(const data::Dataset& data, const recipe::Recipe& recipe) {
  for (const std::string& remark : data::remarks_on(data, recipe.dataset, recipe.model.classes)) warn(remark);
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
                      : fmt::format("resume with `{}`", resume_command("train", folder, {}, {})));
}

nlohmann::ordered_json document_of(const ladder::Outcome& outcome, const ladder::Analysis& analysis,
                                   const std::filesystem::path& folder) {
  nlohmann::ordered_json document = ladder::to_json(outcome);
  document["analysis"] = analysis.sentences;
  document["run_dir"] = folder.string();
  return document;
}

}  // namespace rung::app

// rung watch DIR: follows a job in another process.
#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/claimed_folder.h"
#include "base/file.h"
#include "command_line.h"
#include "commands.h"
#include "display.h"
#include "interrupt.h"
#include "ladder/job.h"
#include "screen.h"
#include "search/search_report.h"
#include "sweep/sweep_statistics.h"
#include "sweep/sweep_status.h"
#include "terminal.h"
#include "training.h"
#include "watch_view.h"

namespace rung::app {
namespace {

using namespace std::chrono_literals;
using ladder::Job;
using ladder::JobStatus;
using sweep::SweepStatus;
using sweep::SweepWatcher;
using train::RunState;

constexpr auto kBetweenLooks = 250ms;
// Watching takes at most one part in this many of a core, however long the run's record; training has the
// rest.
constexpr int kShareOfTime = 20;

bool is_over(RunState state) {
  return state != RunState::kRunning || InterruptGuard::signal() != 0;
}

// Repeatedly looks at a job and shows it, until it ends or a signal arrives. Returns the last state.
template <typename Look, typename Show>
auto follow(const Look& look, const Show& show) {
  while (true) {
    const auto start = std::chrono::steady_clock::now();
    auto status = look();
    show(status);
    if (is_over(status.state)) return status;
    const auto spent = std::chrono::steady_clock::now() - start;
    const auto pause = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::max<std::chrono::nanoseconds>(kBetweenLooks, kShareOfTime * spent));
    ::poll(nullptr, 0, static_cast<int>(std::min(pause, 10'000ms).count()));  // a signal ends it early
  }
}

// On the alternate screen while the job runs; its last state on the main screen. `view` gives the lines for a
// size, `note` the line below them.
template <typename Look, typename View, typename Note>
auto follow_on_screen(const Look& look, const View& view, const Note& note) {
  auto status = look();
  if (status.state == RunState::kRunning) {
    Screen screen;
    status = follow(look, [&](const auto& now) {
      std::vector<Line> lines = view(now, terminal_size());
      lines.insert(lines.end(), {Line(), note(now)});
      screen.show(lines);
    });
  }
  for (const Line& line : view(status, terminal_size())) say_line(line);
  return status;
}

// One line per epoch as they finish, and one before each step of a ladder.
class LinePrinter {
 public:
  explicit LinePrinter(const Job& job) : job_(job) {}

  void print(const JobStatus& status) {
    while (true) {
      const auto& epochs = status.steps[step_].epochs;
      if (job_.is_ladder && printed_ == 0 && !epochs.empty())
        say("{}/{} {}\n", step_ + 1, job_.steps.size(), job_.steps[step_].recipe.title);
      for (; printed_ < epochs.size(); ++printed_) print(epochs[printed_]);
      if (step_ >= status.current) return;  // a finished step may have to be done again
      ++step_;
      printed_ = 0;
    }
  }

 private:
  void print(const train::EpochRecord& epoch) const {
    say("{} Test loss {:.4f}, accuracy {:.2f}%\n",
        epoch_line(epoch, job_.steps[step_].recipe.training.epochs), epoch.test_loss, epoch.test_accuracy);
  }

  const Job& job_;
  size_t step_ = 0;
  size_t printed_ = 0;  // epochs of that step
};

// The position of a job that no process works on: "in step2 after epoch 3 of 16".
std::string position_of(const Job& job, const JobStatus& status) {
  const auto& step = job.steps[status.current];
  const size_t epochs = status.steps[status.current].epochs.size();
  return (job.is_ladder ? fmt::format("in {} ", step.recipe.name) : "") +
         (epochs == 0 ? "before the end of its first epoch"
                      : fmt::format("after epoch {} of {}", epochs, step.recipe.training.epochs));
}

// Throws what there is to say about a job that is not finished: Interrupted if only the watching ends, else
// that no process works on it.
[[noreturn]] void fail_unfinished(const std::string& stopped, const std::string& hint) {
  if (const int signal = InterruptGuard::signal(); signal != 0) throw Interrupted(signal, "", "");
  throw Error(stopped + ", and no process is working on it", hint);
}

[[noreturn]] void fail_unfinished(const Job& job, const JobStatus& status) {
  const std::string& divergence = status.steps[status.current].divergence;
  if (!divergence.empty())
    throw Error(fmt::format("{} diverged {}: {}", job.folder.string(), position_of(job, status), divergence),
                kAfterDivergence);
  fail_unfinished(
      fmt::format("{} stopped {}", job.folder.string(), position_of(job, status)),
      fmt::format("resume with `{}`", resume_command(job.is_ladder ? "climb" : "train", job.folder)));
}

void say_ending(const std::string& line) {
  say("{}{}\n", is_interactive() ? "\n" : "", line);
}

void watch_job(const std::filesystem::path& folder) {
  const Job job = ladder::load_job(folder);
  const InterruptGuard guard;
  const auto look = [&] { return ladder::look_at(job); };
  LinePrinter printer(job);
  const JobStatus status =
      is_interactive()
          ? follow_on_screen(
                look, [&](const JobStatus& now, TerminalSize room) { return watch_view(job, now, room); },
                [](const JobStatus& now) { return watch_note(now.steps[now.current]); })
          : follow(look, [&](const JobStatus& now) { printer.print(now); });
  if (status.state != RunState::kFinished) fail_unfinished(job, status);
  say_ending(ending_line(job, status));
}

// One line per run, as they end.
class RunPrinter {
 public:
  void print(const SweepWatcher& sweep) {
    const recipe::Metric compared = sweep::compared_metric(sweep.plan());
    for (const sweep::SweepRun& run : sweep.runs())
      if (run.is_over() && said_.insert(run.name).second)
        say("{}\n", run_line(run, said_.size(), sweep.runs().size(), compared));
  }

 private:
  std::set<std::string> said_;  // names of runs
};

void watch_sweep(const std::filesystem::path& folder) {
  SweepWatcher sweep(folder);
  const InterruptGuard guard;
  const auto look = [&] { return sweep.look(); };
  RunPrinter printer;
  const SweepStatus status =
      is_interactive()
          ? follow_on_screen(
                look, [&](const SweepStatus& now, TerminalSize room) { return watch_view(sweep, now, room); },
                [](const SweepStatus& now) { return watch_note(now); })
          : follow(look, [&](const SweepStatus&) { printer.print(sweep); });
  if (status.state != RunState::kFinished)
    fail_unfinished(fmt::format("{} stopped with {} of {} runs finished", folder.string(), status.over,
                                sweep.runs().size()),
                    "resume with the `rung sweep` command that started it");
  say_ending(ending_line(sweep, status));
}

// What the search last wrote about itself.
struct SearchStatus {
  RunState state = RunState::kNotBegun;
  std::string line;
};

SearchStatus look_at_search(const std::filesystem::path& folder) {
  SearchStatus status{.state = is_claimed(folder) ? RunState::kRunning : RunState::kStopped, .line = ""};
  const std::filesystem::path file = folder / search::kResultsJson;
  if (!is_there(file)) return status;
  const search::Glance glance =
      search::parse_glance(read_text_file(file, search::kMaxResultsBytes), file.string());
  if (glance.is_finished) status.state = RunState::kFinished;
  status.line = glance.line;
  return status;
}

// One line per generation, as they end.
void watch_search(const std::filesystem::path& folder) {
  const InterruptGuard guard;
  std::string said;
  const SearchStatus status = follow([&] { return look_at_search(folder); },
                                     [&](const SearchStatus& now) {
                                       if (now.line.empty() || now.line == said) return;
                                       said = now.line;
                                       say("{}\n", said);
                                     });
  if (status.state != RunState::kFinished)
    fail_unfinished(fmt::format("{} stopped", folder.string()),
                    "resume with the `rung search` command that started it");
  say("Finished: {} has the result\n", (folder / search::kResultsDocument).string());
}

void watch(const std::string& folder) {
  if (ladder::holds_search(folder)) return watch_search(folder);
  ladder::holds_sweep(folder) ? watch_sweep(folder) : watch_job(folder);
}

}  // namespace

void add_watch(CLI::App& app) {
  auto folder = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("watch", "Follow a job that another process runs");
  command->add_option("DIR", *folder, "The folder of the run, the ladder, the sweep or the search")
      ->required();
  command->footer(
      "Redraws a terminal in place; elsewhere it prints a line per epoch, per run of a sweep, or per "
      "generation\n"
      "of a search. "
      "It ends when the job does: with 0 if the job is finished, with 1 if it was interrupted or diverged.\n"
      "Ctrl-C ends only the watching, not the job.\n"
      "Example:\n  rung watch runs/climb-seed1");
  command->callback([folder] { watch(*folder); });
}

}  // namespace rung::app

// rung watch DIR: how a job in another process goes.
#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "commands.h"
#include "display.h"
#include "interrupt.h"
#include "ladder/job.h"
#include "screen.h"
#include "terminal.h"
#include "training.h"
#include "watch_view.h"

namespace rung::app {
namespace {

using namespace std::chrono_literals;
using ladder::Job;
using ladder::JobStatus;
using train::RunState;

constexpr auto kBetweenLooks = 250ms;
// Looking takes at most this part of a core, however long the run's record: training has the rest.
constexpr int kShareOfTime = 20;

// Looks at the job and shows it, again and again, until it ends or a signal asks for the end.
JobStatus follow(const Job& job, const std::function<void(const JobStatus&)>& show) {
  while (true) {
    const auto start = std::chrono::steady_clock::now();
    JobStatus status = ladder::look_at(job);
    show(status);
    if (status.state != RunState::kRunning || InterruptGuard::signal() != 0) return status;
    const auto spent = std::chrono::steady_clock::now() - start;
    const auto pause = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::max<std::chrono::nanoseconds>(kBetweenLooks, kShareOfTime * spent));
    ::poll(nullptr, 0, static_cast<int>(std::min(pause, 10'000ms).count()));  // a signal ends it early
  }
}

JobStatus follow_on_screen(const Job& job) {
  JobStatus status = ladder::look_at(job);
  if (status.state == RunState::kRunning) {
    Screen screen;
    status = follow(job, [&](const JobStatus& now) {
      auto lines = watch_view(job, now, terminal_size());
      lines.insert(lines.end(), {Line(), watch_note(now.steps[now.current])});
      screen.show(lines);
    });
  }
  for (const Line& line : watch_view(job, status, terminal_size())) say_line(line);
  if (status.state == RunState::kFinished) say("\n{}\n", ending_line(job, status));
  return status;
}

// A line an epoch as they come, and one before each step of a ladder.
class LinePrinter {
 public:
  explicit LinePrinter(const Job& job) : job_(job) {}

  void print(const JobStatus& status) {
    while (true) {
      const auto& epochs = status.steps[step_].epochs;
      if (job_.is_ladder && printed_ == 0 && !epochs.empty())
        say("{}/{} {}\n", step_ + 1, job_.steps.size(), job_.steps[step_].recipe.title);
      for (; printed_ < epochs.size(); ++printed_) print(epochs[printed_]);
      if (step_ == status.current) return;
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

JobStatus follow_in_lines(const Job& job) {
  LinePrinter printer(job);
  JobStatus status = follow(job, [&](const JobStatus& now) { printer.print(now); });
  if (status.state == RunState::kFinished) say("{}\n", ending_line(job, status));
  return status;
}

// Where a job that no process works on stands: "in step2 after epoch 3 of 16".
std::string position_of(const Job& job, const JobStatus& status) {
  const auto& step = job.steps[status.current];
  const size_t epochs = status.steps[status.current].epochs.size();
  return (job.is_ladder ? fmt::format("in {} ", step.recipe.name) : "") +
         (epochs == 0 ? "before the end of its first epoch"
                      : fmt::format("after epoch {} of {}", epochs, step.recipe.training.epochs));
}

void watch(const std::string& folder) {
  const Job job = ladder::load_job(folder);
  const InterruptGuard guard;
  const JobStatus status = is_interactive() ? follow_on_screen(job) : follow_in_lines(job);
  if (status.state == RunState::kFinished) return;
  if (const int signal = InterruptGuard::signal(); signal != 0) throw Interrupted(signal, "", "");
  throw Error(fmt::format("{} stopped {}, and no process goes on with it", folder, position_of(job, status)),
              fmt::format("go on with `{}`", resume_command(job.is_ladder ? "climb" : "train", folder, {})));
}

}  // namespace

void add_watch(CLI::App& app) {
  auto folder = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("watch", "Show how a run or a ladder goes in another process");
  command->add_option("DIR", *folder, "The folder of the run, or of the ladder")->required();
  command->footer(
      "Redraws a terminal in place; elsewhere prints a line an epoch as they come. Ends when the job does: "
      "with 0\n"
      "if it is finished, with 1 if it was cut off. Ctrl-C ends the watching, not the job.\n"
      "Example:\n  rung watch runs/climb-seed1");
  command->callback([folder] { watch(*folder); });
}

}  // namespace rung::app

#include "sweep/dispatch.h"

#include <thread>
#include <utility>

#include "base/error.h"
#include "ladder/run.h"

namespace rung::sweep {
namespace {

using namespace std::chrono_literals;

constexpr auto kBetweenLooks = 10ms;
constexpr int kAttempts = 2;

}  // namespace

void Dispatch::run(std::span<Crew* const> crews, const DispatchObserver& observer, Clock::duration patience) {
  size_t busy = 0;
  while (!waiting_.empty() || busy > 0) {
    for (Crew* crew : crews) hand_out(*crew);
    std::this_thread::sleep_for(kBetweenLooks);
    busy = collect(crews, observer);
    double under_way = 0;
    for (const Crew* crew : crews) under_way += crew->under_way();
    if (observer.on_progress) observer.on_progress(busy, under_way);
    const bool stopping = observer.should_stop && observer.should_stop();
    if (!stopping && no_space_.empty()) continue;
    busy = settle(crews, observer, patience);
    if (!no_space_.empty()) throw NoSpaceError(std::exchange(no_space_, ""));
    if (!waiting_.empty() || busy > 0) throw ladder::Stopped("interrupted");
  }
}

void Dispatch::hand_out(Crew& crew) {
  while (!waiting_.empty() && crew.idle() > 0) {
    crew.start(task_of_(waiting_.front()));
    waiting_.pop_front();
  }
}

// Returns how many tasks are under way.
size_t Dispatch::collect(std::span<Crew* const> crews, const DispatchObserver& observer) {
  size_t busy = 0;
  for (Crew* crew : crews) {
    for (const Report& report : crew->reports()) note(report, observer);
    busy += crew->busy();
  }
  return busy;
}

void Dispatch::note(const Report& report, const DispatchObserver& observer) {
  if (report.end == End::kNoSpace) no_space_ = report.message;
  const bool again = report.end == End::kStopped || report.end == End::kNoSpace ||
                     (report.end == End::kFailed && ++failures_[report.index] < kAttempts);
  if (again) {
    waiting_.push_back(report.index);
  } else if (observer.on_end) {
    observer.on_end(report);
  }
}

// Waits until all tasks under way have stopped, or no longer than `patience`. Returns how many have not.
size_t Dispatch::settle(std::span<Crew* const> crews, const DispatchObserver& observer,
                        Clock::duration patience) {
  for (Crew* crew : crews) crew->stop();
  const auto give_up = Clock::now() + patience;
  size_t busy = 1;
  while (busy > 0 && Clock::now() < give_up) {
    std::this_thread::sleep_for(kBetweenLooks);
    busy = collect(crews, observer);
  }
  return busy;
}

}  // namespace rung::sweep

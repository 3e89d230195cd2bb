// Hands tasks to crews until all of them have ended; none is lost, whatever stops the work.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <span>
#include <string>

#include "sweep/crew.h"

namespace rung::sweep {

// Callbacks of a dispatch; each may be empty.
struct DispatchObserver {
  std::function<void(const Report&)> on_end;  // finished, diverged, or failed for the last time
  std::function<void(size_t busy, double under_way)> on_progress;  // many times per second
  std::function<bool()> should_stop;
};

class Dispatch {
 public:
  using Clock = std::chrono::steady_clock;

  // `task_of` makes the task of an index when it is handed out, which is in the order of `indices`.
  Dispatch(std::deque<size_t> indices, std::function<Task(size_t)> task_of)
      : waiting_(std::move(indices)), task_of_(std::move(task_of)) {}

  size_t waiting() const { return waiting_.size(); }

  // A task that fails is tried once more; one that diverges is not. Throws Stopped when the observer says so
  // and NoSpaceError when the disk is full, both once the tasks under way have stopped. A crew may be on a
  // machine that is gone: after `patience`, tasks that it has not reported are waited for no longer.
  void run(std::span<Crew* const> crews, const DispatchObserver& observer,
           Clock::duration patience = std::chrono::seconds(10));

 private:
  void hand_out(Crew& crew);
  void note(const Report& report, const DispatchObserver& observer);
  size_t collect(std::span<Crew* const> crews, const DispatchObserver& observer);
  size_t settle(std::span<Crew* const> crews, const DispatchObserver& observer, Clock::duration patience);

  std::deque<size_t> waiting_;
  std::function<Task(size_t)> task_of_;
  std::map<size_t, int> failures_;  // by index
  std::string no_space_;            // the message that the disk is full
};

}  // namespace rung::sweep

#include "sweep/crew.h"

#include <fmt/format.h>

#include <numeric>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/require.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "data/arrange.h"
#include "ladder/run.h"
#include "sweep/sweep_folder.h"

namespace rung::sweep {
namespace {

std::string message_of(const Error& error) {
  return error.hint().empty() ? error.what() : fmt::format("{} ({})", error.what(), error.hint());
}

// Of the whole run.
double share_done(const train::Progress& progress) {
  return (progress.epoch - 1 + static_cast<double>(progress.batch) / progress.batches) / progress.epochs;
}

Report record_divergence(const Task& task, const DivergedError& error) {
  const std::string message = message_of(error);
  replace_file(task.folder / kDivergedFile, message + "\n");
  return {.index = task.index, .end = End::kDiverged, .record = {}, .message = message};
}

}  // namespace

LocalCrew::LocalCrew(size_t threads, const Datasets& datasets, double checkpoint_seconds)
    : datasets_(datasets), checkpoint_seconds_(checkpoint_seconds), done_(threads) {
  try {
    for (size_t worker = 0; worker < threads; ++worker)
      threads_.emplace_back([this, worker] { work(worker); });
  } catch (const std::system_error& error) {
    end_threads();
    throw IoError(fmt::format("cannot start {}: {}", counted(threads, "thread"), error.what()),
                  "use fewer --jobs");
  }
}

LocalCrew::~LocalCrew() {
  stop();
  end_threads();
}

void LocalCrew::end_threads() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

size_t LocalCrew::idle() const {
  return stopping_ ? 0 : done_.size() - busy();
}

size_t LocalCrew::busy() const {
  const std::lock_guard lock(mutex_);
  return busy_;
}

void LocalCrew::start(const Task& task) {
  RUNG_REQUIRE(busy() < done_.size());
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(task);
    ++busy_;
  }
  changed_.notify_one();
}

std::vector<Report> LocalCrew::reports() {
  const std::lock_guard lock(mutex_);
  busy_ -= reports_.size();
  return std::exchange(reports_, {});
}

double LocalCrew::under_way() const {
  return std::accumulate(done_.begin(), done_.end(), 0.0);
}

void LocalCrew::work(size_t worker) {
  while (const auto task = next_task()) {
    Report report = carry_out(*task, worker);
    const std::lock_guard lock(mutex_);
    reports_.push_back(std::move(report));
    done_[worker] = 0;
  }
}

// None after the crew has ended.
std::optional<Task> LocalCrew::next_task() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return ended_ || !waiting_.empty(); });
  if (ended_) return std::nullopt;
  Task task = std::move(waiting_.front());
  waiting_.pop_front();
  return task;
}

// An error in a run affects only that run.
Report LocalCrew::carry_out(const Task& task, size_t worker) {
  const auto report = [&](End end, const std::string& message) {
    return Report{.index = task.index, .end = end, .record = {}, .message = message};
  };
  try {
    return train(task, worker);
  } catch (const ladder::Stopped& stopped) {
    return report(End::kStopped, message_of(stopped));
  } catch (const NoSpaceError& error) {
    return report(End::kNoSpace, message_of(error));
  } catch (const Error& error) {
    return report(End::kFailed, message_of(error));
  } catch (const std::bad_alloc&) {
    return report(End::kFailed, "not enough memory (use fewer --jobs)");
  } catch (const std::exception& error) {
    return report(End::kFailed, error.what());
  }
}

Report LocalCrew::train(const Task& task, size_t worker) {
  ThreadPool pool(1);
  const ladder::RunPlace place{task.folder, train::Start::kResume, checkpoint_seconds_};
  ladder::Observer observer;
  observer.on_batch = [&](const train::Progress& progress) { done_[worker] = share_done(progress); };
  observer.should_stop = [&] { return stopping_.load(); };
  try {
    const data::Dataset& data = datasets_.at(data::arrangement_of(task.recipe.dataset));
    ladder::Outcome outcome = ladder::run_recipe(task.recipe, data, pool, place, nullptr, observer);
    return {.index = task.index, .end = End::kFinished, .record = std::move(outcome.record), .message = ""};
  } catch (const DivergedError& error) {
    return record_divergence(task, error);
  }
}

}  // namespace rung::sweep

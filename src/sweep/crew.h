// The workers that carry out a sweep's runs: threads of this process here, other processes in sweep_ranks.h.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "data/dataset.h"
#include "recipe/recipe.h"
#include "train/run_record.h"

namespace rung::sweep {

// One run to carry out or resume.
struct Task {
  size_t index = 0;       // among the sweep's runs
  recipe::Recipe recipe;  // with the run's seed
  std::filesystem::path folder;
};

enum class End {
  kFinished,
  kDiverged,  // and would again; the run's folder records it
  kFailed,    // for a reason that may be temporary
  kStopped,   // with a checkpoint, because the crew was told to stop
  kNoSpace,   // the disk is full
};

struct Report {
  size_t index = 0;
  End end = End::kFinished;
  train::RunRecord record;  // of a finished run
  std::string message;      // of any other run run
};

class Crew {
 public:
  Crew() = default;
  virtual ~Crew() = default;
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  virtual size_t idle() const = 0;  // tasks that could be started now
  virtual size_t busy() const = 0;  // tasks started and not reported yet
  // Precondition: idle() > 0; or stop() was called while the task was on its way, and it will be reported as
  // stopped.
  virtual void start(const Task& task) = 0;
  virtual std::vector<Report> reports() = 0;  // since the last call; does not wait
  virtual double under_way() const = 0;       // how much of the busy tasks is done, in runs
  virtual void stop() = 0;                    // busy tasks will be reported as stopped, after their batch
};

// By data::arrangement_of() what the recipes say of them.
using Datasets = std::map<std::string, data::Dataset>;

// One thread per run. Runs share only the datasets.
class LocalCrew final : public Crew {
 public:
  // `datasets` must hold those of all tasks, and outlive the crew. Throws IoError if the system cannot start
  // that many threads.
  LocalCrew(size_t threads, const Datasets& datasets, double checkpoint_seconds);
  ~LocalCrew() override;  // as stop(), and waits

  size_t idle() const override;
  size_t busy() const override;
  void start(const Task& task) override;
  std::vector<Report> reports() override;
  double under_way() const override;
  void stop() override { stopping_ = true; }

 private:
  void work(size_t worker);
  std::optional<Task> next_task();
  void end_threads();
  Report carry_out(const Task& task, size_t worker);
  Report train(const Task& task, size_t worker);

  const Datasets& datasets_;
  double checkpoint_seconds_;
  std::atomic<bool> stopping_ = false;
  std::vector<std::atomic<double>> done_;  // of each worker's run, 0 to 1

  mutable std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  bool ended_ = false;
  std::deque<Task> waiting_;  // started, and not taken by a thread yet
  std::vector<Report> reports_;
  size_t busy_ = 0;

  std::vector<std::thread> threads_;
};

}  // namespace rung::sweep

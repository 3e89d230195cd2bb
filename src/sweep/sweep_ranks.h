// A sweep over the processes of one mpirun: process 0 hands out runs, the others carry them out. They must
// share a file system, because any of them may resume any run.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sweep/crew.h"
#include "sweep/mpi.h"

namespace rung::sweep {

// The other processes, as process 0 sees them.
class RemoteCrew final : public Crew {
 public:
  // `recipes` are those of the runs, and `datasets` what they need.
  RemoteCrew(Processes& processes, const Datasets& datasets, std::span<const recipe::Recipe> recipes);
  ~RemoteCrew() override;

  size_t idle() const override;
  size_t busy() const override;
  void start(const Task& task) override;
  // Throws UsageError or IoError, naming the machine, if one cannot take part because it has other images or
  // computes other bits.
  std::vector<Report> reports() override;
  double under_way() const override;
  void stop() override;

 private:
  struct Rank {
    size_t workers = 0;  // 0 until it is ready, and after it has left
    size_t busy = 0;
    double under_way = 0;  // runs

    size_t idle() const { return workers > busy ? workers - busy : 0; }
  };

  Processes& processes_;
  std::vector<Rank> ranks_;  // index 0 is not used
  bool stopping_ = false;
};

// What a process other than 0 contributes.
struct Helper {
  size_t threads = 1;
  double checkpoint_seconds = 30;
  // Of a recipe that is resolved.
  std::function<data::Dataset(recipe::Recipe& recipe)> load;
  std::function<bool()> should_stop;
};

// Carries out what process 0 hands out until process 0 has ended. Reports errors to process 0.
void help(Processes& processes, const Helper& helper);

}  // namespace rung::sweep

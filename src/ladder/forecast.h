// How long runs will take: their work in comparable units, from their shapes alone, and the speed so far.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "data/dataset.h"
#include "recipe/recipe.h"

namespace rung::ladder {

// The work of a run, in multiply-accumulates, including the equivalent of memory traffic.
struct RunWork {
  double training = 0;    // of one epoch
  double evaluation = 0;  // after each epoch
  double end = 0;         // once, after the last epoch
  int epochs = 0;

  double all() const { return epochs * (training + evaluation) + end; }
  // Done after `finished` epochs and a share of the next one's batches, from 0 to 1.
  double done(int finished, double share) const {
    return finished * (training + evaluation) + share * training;
  }
};

RunWork work_of(const recipe::Recipe& recipe, const data::Dataset& data);

// Estimates, while runs train one after another, how long the rest will take.
class Forecast {
 public:
  // `work` of each run.
  explicit Forecast(std::vector<RunWork> work) : work_(std::move(work)) {}

  // At `seconds` by some clock, all runs before `run` are done, and of it `epochs` and a share of the next
  // one's batches, from 0 to 1.
  void note(size_t run, int epochs, double share, double seconds);

  // None before one second has passed.
  std::optional<double> seconds_left() const;

 private:
  struct Point {
    double seconds = 0;
    double work = 0;  // done by then
  };

  double all_before(size_t run) const;

  std::vector<RunWork> work_;
  std::optional<Point> first_;
  Point last_;
};

}  // namespace rung::ladder

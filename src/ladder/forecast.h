// How long runs will take: their work in comparable units, from their shapes alone, and the speed so far.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "data/dataset.h"
#include "recipe/recipe.h"

namespace rung::ladder {

// The work of a whole run: training and evaluation in all epochs. In multiply-accumulates, including the
// equivalent of memory traffic.
double work_of(const recipe::Recipe& recipe, const data::Dataset& data);

// Estimates, while runs train one after another, how long the rest will take.
class Forecast {
 public:
  // `work` of each run.
  explicit Forecast(std::vector<double> work) : work_(std::move(work)) {}

  // At `seconds` by some clock, all runs before `run` are done, and this part of it, from 0 to 1.
  void note(size_t run, double part, double seconds);

  // None before one second has passed.
  std::optional<double> seconds_left() const;

 private:
  struct Point {
    double seconds = 0;
    double work = 0;  // done by then
  };

  std::vector<double> work_;
  std::optional<Point> first_;
  Point last_;
};

}  // namespace rung::ladder

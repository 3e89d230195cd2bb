// The start with fewer channels and more epochs: no other changes bring a search near its target so fast.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "search/drawer.h"
#include "search/population.h"
#include "search/search_plan.h"

namespace rung::search {

class Scaling {
 public:
  // Keeps a reference to the plan.
  explicit Scaling(const SearchPlan& plan) : plan_(plan) {}

  // Adds to a population what this generation tries, and says which ones, to be trained in all rungs:
  // - at first (generation 0) the start, which is there already, and with 0.7 and 0.5 times its channels;
  // - in generations 1 and 2 the width in the middle between the narrowest that has the target and the next
  //   that has not, if one has it;
  // - then, one in a generation, these with twice the epochs: from the narrowest that has the target (the
  //   start, where none has) to ever narrower ones, until one has not.
  // Random search has only the start; where channels or epochs are fixed, or time is the cost, there are none
  // with other ones. Generations come in order, with the results of those before.
  std::vector<size_t> extend(Population& population, Drawer& drawer, size_t generation);

 private:
  std::optional<size_t> add_width(double width, Population& population, Drawer& drawer);
  std::optional<double> next_width(const Population& population) const;
  std::optional<double> next_longer(const Population& population) const;

  const SearchPlan& plan_;
  std::map<double, size_t> widths_{{1, 0}};         // the start with so many times the channels
  std::map<double, std::optional<size_t>> longer_;  // these with more epochs; none where that is impossible
};

}  // namespace rung::search

// Draws candidates that are new, possible and within the limits.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "search/candidate.h"
#include "search/population.h"
#include "search/search_plan.h"

namespace rung::search {

class Drawer {
 public:
  // Keeps a reference to the plan.
  explicit Drawer(const SearchPlan& plan) : plan_(plan) {}

  // Each of these is to be added to the population, whose next number it has.
  //
  // The plan's start. Throws UsageError if it is outside the space or the limits, or has no form that the
  // goal's cost is of.
  Candidate start();
  // The start with so many times the channels; none if that is not possible, not allowed or not new.
  std::optional<Candidate> scaled_start(const Population& population, double width);
  // A candidate with so many times the epochs, within the space; none if that is not more, not allowed or not
  // new.
  std::optional<Candidate> longer(const Population& population, size_t parent, double times);
  // Depends only on the plan, the candidates before it, and their results. None if many tries found none.
  std::optional<Candidate> draw(const Population& population);

 private:
  size_t draw_parent(const Population& population, RandomStream& random) const;
  void mutate_some(Candidate& candidate, uint32_t steps, RandomStream& random) const;
  void recombine(Candidate& candidate, const Candidate& trained) const;
  bool complete(Candidate& candidate);

  const SearchPlan& plan_;
  std::set<std::string> known_;  // recipes as text, without their names
};

}  // namespace rung::search

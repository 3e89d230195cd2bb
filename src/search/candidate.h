// A recipe that a search has tried, what its trials gave, and the front of cost and loss.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "recipe/recipe.h"
#include "search/mutate.h"

namespace rung::search {

// Of the held-out images after the last epoch.
struct Score {
  double loss = 0;
  double accuracy = 0;  // percent
  double seconds = 0;   // that the run took, with evaluation
};

struct Candidate {
  size_t number = 0;
  std::optional<size_t> parent;      // none: the start
  std::vector<Mutation> mutations;   // of the parent's recipe
  recipe::Recipe recipe;             // with all epochs and the held-out images
  double cost = 0;                   // what the goal minimises
  std::optional<Score> quick{};      // after few epochs
  std::map<uint64_t, Score> full{};  // after all epochs, by seed
  bool diverged = false;             // in any trial

  std::string name() const;    // "c0012"
  std::string change() const;  // "8 instead of 10 channels of Conv2d-3", or "the start"

  // Means over the seeds. Precondition: full is not empty.
  double loss() const;
  double accuracy() const;
};

// The indices of the points that no other one beats in both, by ascending cost. Of equal points the first
// counts.
struct Point {
  double cost = 0;
  double loss = 0;
};
std::vector<size_t> front_of(std::span<const Point> points);

// Indices of candidates: the front after few epochs, and the one after all of them.
std::vector<size_t> quick_front(std::span<const Candidate> candidates);
std::vector<size_t> full_front(std::span<const Candidate> candidates);

}  // namespace rung::search

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
  double seconds = 1;                // foretold, of a run with all epochs on one core
  std::optional<Score> quick{};      // after an eighth of the epochs
  std::optional<Score> longer{};     // after three eighths
  std::map<uint64_t, Score> full{};  // after all epochs, by seed
  bool diverged = false;             // in any trial

  std::string name() const;    // "c0012"
  std::string change() const;  // "8 instead of 10 channels of Conv2d-3", or "the start"

  // Means over the seeds. Precondition: full is not empty.
  double loss() const;
  double accuracy() const;

  // The loss, as much greater as a run of so many seconds can be expected to lower it against one of a
  // second: by this, not by the loss, candidates become parents and are trained longer, because a search has
  // little time, and so do those that descend from them.
  double priced(double loss) const;
};

// What twice the time takes off the loss, as a power of it. Of MNIST's first recipe 2, 7 and 18 epochs have
// losses of 0.0345, 0.0265 and 0.0226, which is a power of 0.2; a quarter of it, because time is not all.
inline constexpr double kPriceOfTime = 0.05;

// The indices of the points that no other one beats in both, by ascending cost. Of equal points the first
// counts.
struct Point {
  double cost = 0;
  double loss = 0;
};
std::vector<size_t> front_of(std::span<const Point> points);

// Indices of candidates on the front of cost and loss after all epochs.
std::vector<size_t> full_front(std::span<const Candidate> candidates);

// Those on the fronts of cost and priced loss, of a trial with few epochs (`&Candidate::quick`) and after
// all.
using Rung = std::optional<Score> Candidate::*;
std::vector<size_t> priced_front(std::span<const Candidate> candidates, Rung rung);
std::vector<size_t> priced_full_front(std::span<const Candidate> candidates);

}  // namespace rung::search

// The candidates of a search, and what their held-out losses say: which of them have the target, and which
// are worth more time.
#pragma once

#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "search/candidate.h"

namespace rung::search {

// Seeds that a candidate near the target is trained with, before it is believed: 1, 2, 3.
inline constexpr uint64_t kChoosingSeeds = 3;

class Population {
 public:
  explicit Population(double target) : target_(target) {}  // percent of the held-out images

  const std::vector<Candidate>& all() const { return all_; }
  const Candidate& operator[](size_t index) const { return all_[index]; }
  size_t size() const { return all_.size(); }

  void add(Candidate candidate) { all_.push_back(std::move(candidate)); }
  void note(size_t candidate, Rung rung, const Score& score) { all_[candidate].*rung = score; }
  void note_full(size_t candidate, uint64_t seed, const Score& score);
  void note_divergence(size_t candidate) { all_[candidate].diverged = true; }

  // The accuracy that a held-out loss stands for, in percent: errors are taken to be in proportion to the
  // loss, as in the newest runs with all epochs. It tells candidates apart better than their own accuracy:
  // that is a count of few errors.
  double accuracy_at(double loss) const;

  // By its loss, if it has had all epochs and did not diverge.
  bool has_target(size_t candidate) const;
  // The front's cheapest candidate that has the target.
  std::optional<size_t> best() const;
  // The front by ascending cost, as far as the best.
  std::vector<size_t> front_to_best() const;
  // Of the priced front after all epochs, by ascending cost: those next to the place where it crosses the
  // target.
  std::vector<size_t> near_target() const;

  // Whether a candidate is so near the best one, if there is one, that it may be a parent; and after a trial
  // with few epochs, that it may be trained longer.
  bool is_near_best(const Candidate& one) const;
  bool is_promising(const Candidate& one, Rung rung) const;
  // Whether a candidate with the target need not only have been lucky.
  bool is_sure(const Candidate& one) const;

 private:
  double errors_per_loss() const;
  std::vector<size_t>::const_iterator crossing(const std::vector<size_t>& front) const;

  double target_;
  std::vector<Candidate> all_;
  std::deque<Score> newest_;  // of the runs with all epochs
};

}  // namespace rung::search

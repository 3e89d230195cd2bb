// Trains what a search wants trained and its folder does not hold yet.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "sweep/crew.h"
#include "train/run_record.h"

namespace rung::search {

// A run to carry out, and how long it should take on one core.
struct Errand {
  recipe::Recipe recipe;
  std::filesystem::path folder;
  double seconds = 0;
};

struct Carried {
  std::vector<std::optional<train::RunRecord>> records;  // of each errand; none if it diverged
  bool is_new = false;                                   // whether any had still to be trained
  // Seconds that these take so many workers; those that diverged count as foretold.
  double elapsed = 0;
};

// Callbacks; each may be empty.
struct CarryObserver {
  std::function<void(size_t over)> on_progress;
  std::function<bool()> should_stop;
};

// The records are in the order of the errands, whoever finished first; the longest are begun first, so that
// workers end together. Throws as sweep::Dispatch::run(), and Error if a run fails twice.
Carried carry_out(std::span<const Errand> errands, size_t workers, std::span<sweep::Crew* const> crews,
                  const CarryObserver& observer);

}  // namespace rung::search

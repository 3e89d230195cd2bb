// Looks for the recipe that costs least among those that reach a target.
//
// Generations of candidates are drawn from what the ones before gave: neighbours of the front of cost and
// loss, near the place where it crosses the target (a local search by small changes, which White, Nolen and
// Savani, "Exploring the loss landscape in neural architecture search", UAI 2021, find as good as any for
// small spaces). Each candidate is first trained for an eighth of its epochs; those on the front of these
// trials, if they may be as good as the best, for three eighths; those on that front get all epochs, and the
// best two more seeds (after Li et al., "A system for massively parallel hyperparameter tuning", MLSys 2020,
// but in steps that wait for each other, so that the candidates do not depend on which worker was faster).
// Only held-out images decide.
//
// At the end candidates are claimed (search/claims.h): with fresh seeds, all training images, and the test
// images.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "base/claimed_folder.h"
#include "search/candidate.h"
#include "search/claims.h"
#include "search/drawer.h"
#include "search/population.h"
#include "search/scaling.h"
#include "search/search_plan.h"
#include "sweep/crew.h"
#include "train/run_record.h"

namespace rung::search {

// A training run of a candidate.
struct Trial {
  enum class Kind { kQuick, kLonger, kFull, kClaim };

  size_t candidate = 0;
  Kind kind = Kind::kQuick;
  uint64_t seed = 0;

  friend bool operator<(const Trial& a, const Trial& b) {
    return std::tie(a.candidate, a.kind, a.seed) < std::tie(b.candidate, b.kind, b.seed);
  }
};

// The folder, among the search's runs, of a trial of the candidate with this name.
std::string folder_name(const std::string& candidate, Trial::Kind kind, uint64_t seed);

enum class Phase { kSearching, kClaiming, kFinished };

struct SearchProgress {
  Phase phase = Phase::kSearching;
  size_t trials = 0;  // of the current batch
  size_t over = 0;
};

// Callbacks of a search; each may be empty.
struct SearchObserver {
  // A generation or a claim is over; `is_new` unless the folder had all of its runs.
  std::function<void(bool is_new)> on_batch;
  std::function<void(const SearchProgress&)> on_progress;
  std::function<bool()> should_stop;
};

class Search {
 public:
  // Claims the folder and stores the plan. Throws UsageError if the folder holds another search or job, or
  // another process has claimed it; UsageError if the start is outside the space or the limits; IoError.
  Search(SearchPlan plan, std::filesystem::path folder);

  const SearchPlan& plan() const { return plan_; }
  const std::filesystem::path& folder() const { return folder_; }
  const std::vector<Candidate>& candidates() const { return population_.all(); }
  const std::vector<Claim>& claims() const { return claims_; }
  size_t generations() const { return generations_; }
  Phase phase() const { return phase_; }
  const std::string& ending() const { return ending_; }                // why no more candidates were drawn
  const std::string& claims_ending() const { return claims_ending_; }  // why no more were claimed
  double trained_seconds() const { return seconds_; }                  // of all runs together

  const Population& population() const { return population_; }
  std::optional<size_t> best() const { return population_.best(); }
  // The smallest claim that holds.
  std::optional<size_t> claimed() const;

  // The recipe of a trial.
  recipe::Recipe recipe_of(const Trial& trial) const;

  // Searches and claims to the end; what the folder has is not done again. The result depends on the plan
  // alone, unless its budget ends it: that is time, of which no two runs take the same. Throws as
  // sweep::Dispatch::run(), and Error if a run fails twice for a reason that may be temporary.
  void run(std::span<sweep::Crew* const> crews, const SearchObserver& observer);

 private:
  void scale(std::vector<Trial>& trials);
  std::vector<Trial> further_seeds(size_t candidate) const;
  std::vector<Trial> promotions() const;
  void promote(Rung from, Trial::Kind to, size_t most, std::vector<Trial>& trials) const;
  void propose(std::vector<Trial>& trials);
  bool may_propose();
  void note_gain();
  void claim_all();
  double seconds_to_claim(size_t candidate, std::span<const size_t> parts) const;
  bool has_time_to_claim(size_t candidate) const;
  Claim make_claim(size_t candidate, bool& is_new);
  Claim claim_of(size_t candidate, std::span<const Trial> trials) const;
  bool is_used(double share) const;  // of the budget
  double trial_share() const;        // of it, after which no candidate is trained longer
  bool carry_out(std::span<const Trial> trials);
  void note(const Trial& trial, const train::RunRecord& record);
  std::filesystem::path folder_of(const Trial& trial) const;

  SearchPlan plan_;
  std::filesystem::path folder_;
  ClaimedFolder lock_;
  Population population_;
  Drawer drawer_;
  Scaling scaling_;
  std::vector<Claim> claims_;
  std::map<Trial, train::RunRecord> claim_records_;
  size_t generations_ = 0;
  std::vector<size_t> front_;  // as far as the best, after the last generation
  size_t last_gain_ = 0;       // the generation that changed it
  double seconds_ = 0;         // of all runs
  double elapsed_ = 0;         // that these take the plan's workers, generation by generation
  Phase phase_ = Phase::kSearching;
  std::string ending_;
  std::string claims_ending_;
  std::span<sweep::Crew* const> crews_;
  const SearchObserver* observer_ = nullptr;
};

// Shares of the epochs that the rungs have, and how many runs with all epochs they are together.
inline constexpr double kQuickShare = 1.0 / 8;
inline constexpr double kLongerShare = 3.0 / 8;
inline constexpr double kAllRungs = kQuickShare + kLongerShare + 1;

inline constexpr const char* kRunsFolder = "runs";  // in the search's

// Seeds of trials: those that choose are 1, 2, 3 and on, those of the first claim begin here, those of the
// second at twice this, and on.
inline constexpr uint64_t kFirstClaimSeed = 1000;
inline constexpr size_t kMostClaimSeeds = kFirstClaimSeed;

}  // namespace rung::search

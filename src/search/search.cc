#include "search/search.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "ladder/judge.h"
#include "search/carry_out.h"
#include "search/training_edit.h"

namespace rung::search {
namespace {

namespace fs = std::filesystem;

constexpr size_t kPatience = 12;  // generations without a gain
constexpr size_t kMostClaims = 6;
// Of a budget: up to which candidates are trained longer, and of that, up to which they are drawn.
constexpr double kLeastTrialShare = 0.5;
constexpr double kMostTrialShare = 0.8;
constexpr double kDrawingShare = 0.75;
constexpr double kOverrun = 1.1;  // with the last claim

int share_of(int epochs, double share) {
  return std::max(1, static_cast<int>(std::lround(epochs * share)));
}

// What is not the recipe's own as a candidate.
recipe::Recipe bare(recipe::Recipe recipe) {
  recipe.targets.clear();
  recipe.reference.reset();
  recipe.description.clear();
  recipe.seed = 0;
  return recipe;
}

}  // namespace

Search::Search(SearchPlan plan, fs::path folder)
    : plan_(std::move(plan)),
      folder_(std::move(folder)),
      lock_(folder_),
      population_(plan_.goal.target),
      drawer_(plan_),
      scaling_(plan_) {
  take_measurements(folder_, plan_);
  plan_.start = bare(std::move(plan_.start));
  population_.add(drawer_.start());
  store_or_require_same(folder_, plan_);
}

std::optional<size_t> Search::claimed() const {
  std::optional<size_t> last;
  for (const Claim& claim : claims_)
    if (claim.holds) last = claim.candidate;
  return last;
}

recipe::Recipe Search::recipe_of(const Trial& trial) const {
  recipe::Recipe recipe = population_[trial.candidate].recipe;
  recipe.name = population_[trial.candidate].name();
  recipe.seed = trial.seed;
  const int epochs = recipe.training.epochs;
  if (trial.kind == Trial::Kind::kQuick) set_epochs(recipe.training, share_of(epochs, kQuickShare));
  if (trial.kind == Trial::Kind::kLonger) set_epochs(recipe.training, share_of(epochs, kLongerShare));
  if (trial.kind == Trial::Kind::kClaim) recipe.dataset = plan_.whole;
  return recipe;
}

std::string folder_name(const std::string& candidate, Trial::Kind kind, uint64_t seed) {
  constexpr const char* kKinds[] = {"quick", "longer", "full", "claim"};
  return fmt::format("{}-{}-seed{}", candidate, kKinds[static_cast<int>(kind)], seed);
}

fs::path Search::folder_of(const Trial& trial) const {
  return folder_ / kRunsFolder / folder_name(population_[trial.candidate].name(), trial.kind, trial.seed);
}

// Of a candidate that is not sure.
std::vector<Trial> Search::further_seeds(size_t candidate) const {
  std::vector<Trial> trials;
  const Candidate& one = population_[candidate];
  for (uint64_t seed = 1; seed <= kChoosingSeeds && !population_.is_sure(one); ++seed)
    if (!one.full.contains(seed)) trials.push_back({candidate, Trial::Kind::kFull, seed});
  return trials;
}

std::vector<Trial> Search::promotions() const {
  std::vector<Trial> trials;
  if (is_used(trial_share())) return trials;
  if (const auto best_one = best()) trials = further_seeds(*best_one);
  promote(&Candidate::longer, Trial::Kind::kFull, plan_.batch / 4, trials);
  promote(&Candidate::quick, Trial::Kind::kLonger, plan_.batch / 2, trials);
  return trials;
}

// Trains those of the front longer that were not yet and promise something: the cheapest; as long as nothing
// reaches the target, the best.
void Search::promote(Rung from, Trial::Kind to, size_t most, std::vector<Trial>& trials) const {
  std::vector<size_t> promising;
  for (const size_t index : priced_front(candidates(), from)) {
    const Candidate& one = population_[index];
    const bool is_done = to == Trial::Kind::kLonger ? one.longer.has_value() : !one.full.empty();
    if (!is_done && population_.is_promising(one, from)) promising.push_back(index);
  }
  if (!best()) std::ranges::reverse(promising);
  promising.resize(std::min(promising.size(), std::max<size_t>(1, most)));
  for (const size_t one : promising) trials.push_back({one, to, 1});
}

void Search::propose(std::vector<Trial>& trials) {
  for (size_t i = 0; i < plan_.batch && population_.size() < plan_.most_candidates(); ++i) {
    auto candidate = drawer_.draw(population_);
    if (!candidate) {
      if (i == 0) ending_ = "every recipe in reach was tried or is outside the limits";
      return;
    }
    trials.push_back({candidate->number, Trial::Kind::kQuick, 1});
    population_.add(std::move(*candidate));
  }
}

bool Search::is_used(double share) const {
  return plan_.budget && elapsed_ >= share * *plan_.budget;
}

// So that there is time for a claim that its first runs end, and for another one.
double Search::trial_share() const {
  if (!plan_.budget) return 1;
  const std::vector<size_t> parts = parts_of_claim(plan_.claim_seeds);
  const size_t one = best().value_or(0);
  const double claims = seconds_to_claim(one, std::span(parts).first(1)) + seconds_to_claim(one, parts);
  return std::clamp(kOverrun - claims / *plan_.budget, kLeastTrialShare, kMostTrialShare);
}

// Notes why not.
bool Search::may_propose() {
  if (!ending_.empty()) return false;
  if (population_.size() >= plan_.most_candidates()) {
    ending_ = fmt::format("the limit is {}", counted(population_.size(), "candidate"));
  } else if (is_used(kDrawingShare * trial_share())) {
    ending_ = "the budget's part for searching was used";
  } else if (generations_ >= last_gain_ + kPatience) {
    ending_ = fmt::format("the last {} generations found nothing better or cheaper", kPatience);
  }
  return ending_.empty();
}

// All rungs of the start with fewer channels and more epochs.
void Search::scale(std::vector<Trial>& trials) {
  for (const size_t one : scaling_.extend(population_, drawer_, generations_))
    for (const auto kind : {Trial::Kind::kQuick, Trial::Kind::kLonger, Trial::Kind::kFull})
      trials.push_back({one, kind, 1});
}

void Search::run(std::span<sweep::Crew* const> crews, const SearchObserver& observer) {
  crews_ = crews;
  observer_ = &observer;
  std::vector<Trial> trials;
  scale(trials);
  if (population_.size() == 1 && may_propose()) propose(trials);
  while (!trials.empty()) {
    const bool is_new = carry_out(trials);
    if (generations_ == 0 && population_[0].diverged)
      throw Error("the start diverged", "lower its learning rate: a search begins from a recipe that trains");
    ++generations_;
    note_gain();
    if (observer.on_batch) observer.on_batch(is_new);
    trials = promotions();
    if (!may_propose()) continue;
    scale(trials);
    propose(trials);
  }
  phase_ = Phase::kClaiming;
  claim_all();
  phase_ = Phase::kFinished;
}

// A change of the front, of candidates that cost no more than the best; as long as there is none, of all.
void Search::note_gain() {
  std::vector<size_t> front = population_.front_to_best();
  if (front != front_) last_gain_ = generations_;
  front_ = std::move(front);
}

void Search::claim_all() {
  const Expected expected = [&](const Candidate& one) { return population_.accuracy_at(one.loss()); };
  while (true) {
    const auto next = next_to_claim(candidates(), claims_, expected, plan_.goal.target, plan_.claim_seeds);
    if (!next) {
      claims_ending_ = "no other one should have the target";
    } else if (claims_.size() == kMostClaims) {
      claims_ending_ = fmt::format("there are {}", counted(kMostClaims, "claim"));
    } else if (!has_time_to_claim(*next)) {
      claims_ending_ = "the budget has no room for another";
    }
    if (!claims_ending_.empty()) return;
    // One that was only lucky is better found out by two runs than by a claim.
    const std::vector<Trial> doubts = further_seeds(*next);
    bool is_new = false;
    if (doubts.empty() || is_used(1)) {
      claims_.push_back(make_claim(*next, is_new));
    } else {
      is_new = carry_out(doubts);
    }
    if (observer_->on_batch) observer_->on_batch(is_new);
  }
}

// That these parts of a claim take, foretold by the candidate's longest run.
double Search::seconds_to_claim(size_t candidate, std::span<const size_t> parts) const {
  double run = 0;
  for (const auto& [seed, score] : population_[candidate].full) run = std::max(run, score.seconds);
  run *= plan_.all_images / std::max(1.0, static_cast<double>(plan_.train_images));
  return static_cast<double>(rounds_of(parts, plan_.workers)) * run;
}

// The first claim has, whatever the budget; those after it may pass its end by a little.
bool Search::has_time_to_claim(size_t candidate) const {
  if (!plan_.budget || claims_.empty()) return true;
  return elapsed_ + seconds_to_claim(candidate, parts_of_claim(plan_.claim_seeds)) <=
         kOverrun * *plan_.budget;
}

// With seeds that no other claim has; not with all of them if the first say that it will hardly hold.
Claim Search::make_claim(size_t candidate, bool& is_new) {
  const uint64_t first_seed = kFirstClaimSeed * (1 + claims_.size());
  std::vector<Trial> trials;
  for (const size_t part : parts_of_claim(plan_.claim_seeds)) {
    if (!trials.empty() && is_hopeless(claim_of(candidate, trials), plan_.goal.target)) break;
    const size_t before = trials.size();
    for (size_t i = 0; i < part; ++i)
      trials.push_back({candidate, Trial::Kind::kClaim, first_seed + trials.size()});
    is_new = carry_out(std::span(trials).subspan(before)) || is_new;
  }
  return claim_of(candidate, trials);
}

Claim Search::claim_of(size_t candidate, std::span<const Trial> trials) const {
  std::vector<double> accuracies;
  double seconds = 0;
  for (const Trial& trial : trials) {
    const auto found = claim_records_.find(trial);
    if (found == claim_records_.end()) continue;  // it diverged
    accuracies.push_back(ladder::metric_value(plan_.goal.metric, found->second));
    seconds += found->second.train_seconds();
  }
  Claim claim =
      judged(accuracies, static_cast<int>(trials.size()), plan_.goal.target, 100 / plan_.test_images);
  claim.candidate = candidate;
  claim.train_seconds = accuracies.empty() ? 0 : seconds / static_cast<double>(accuracies.size());
  return claim;
}

void Search::note(const Trial& trial, const train::RunRecord& record) {
  seconds_ += record.total_seconds();
  if (trial.kind == Trial::Kind::kClaim) {
    claim_records_.emplace(trial, record);
    return;
  }
  const auto& validation = record.epochs.back().validation;
  const Score score{validation->loss, ladder::metric_value(held_out(plan_.goal.metric), record),
                    record.total_seconds()};
  switch (trial.kind) {
    case Trial::Kind::kQuick:
      return population_.note(trial.candidate, &Candidate::quick, score);
    case Trial::Kind::kLonger:
      return population_.note(trial.candidate, &Candidate::longer, score);
    default:
      return population_.note_full(trial.candidate, trial.seed, score);
  }
}

// Whether any of them had still to be trained.
bool Search::carry_out(std::span<const Trial> trials) {
  std::vector<Errand> errands;
  for (const Trial& trial : trials) {
    recipe::Recipe recipe = recipe_of(trial);
    const double seconds = plan_.seconds_of(recipe);
    errands.push_back({std::move(recipe), folder_of(trial), seconds});
  }
  const CarryObserver watcher{.on_progress =
                                  [&](size_t over) {
                                    if (observer_->on_progress)
                                      observer_->on_progress({phase_, trials.size(), over});
                                  },
                              .should_stop = observer_->should_stop};
  const Carried carried = search::carry_out(errands, plan_.workers, crews_, watcher);
  for (size_t i = 0; i < trials.size(); ++i) {
    if (carried.records[i]) {
      note(trials[i], *carried.records[i]);
    } else if (trials[i].kind != Trial::Kind::kClaim) {
      population_.note_divergence(trials[i].candidate);
    }
  }
  elapsed_ += carried.elapsed;
  return carried.is_new;
}

}  // namespace rung::search

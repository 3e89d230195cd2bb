#include "search/search.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "ladder/judge.h"
#include "nn/infer.h"
#include "nn/memory.h"
#include "nn/plan.h"
#include "search/carry_out.h"
#include "search/training_edit.h"

namespace rung::search {
namespace {

namespace fs = std::filesystem;

// Shares of the epochs.
constexpr double kQuickShare = 1.0 / 8;
constexpr double kLongerShare = 3.0 / 8;
constexpr uint64_t kChoosingSeeds = 3;  // of a candidate near the target
constexpr double kSafe = 0.85;          // of the errors that the target allows
// Candidates of the front below the target, and at it or above, that are parents.
constexpr size_t kParentsBelow = 3;
constexpr size_t kParentsAbove = 2;
// A trial promises something up to this priced loss, relative to what the target allows, and this cost,
// relative to the best candidate's.
constexpr double kPromisingLoss = 1.15;
constexpr double kPromisingCost = 1.5;
constexpr size_t kNewestRuns = 24;  // that tell which accuracy a loss stands for
constexpr size_t kPatience = 12;    // generations without a gain
constexpr size_t kMostClaims = 6;
constexpr double kDrawingShare = 0.6;  // of a budget, after which no more candidates are drawn
constexpr double kTrialShare = 0.8;    // and none is trained longer
constexpr double kOverrun = 1.1;       // of a budget, with the last claim
constexpr uint32_t kOneRecombinedIn = 5;
constexpr double kFirstWidths[] = {0.7, 0.5};  // of the start
constexpr int kDraws = 200;                    // tries for a candidate that is new
// Of a candidate, in bytes, unless the start needs more; the same on every machine.
constexpr uint64_t kUsualMemory = 1 << 30;
constexpr uint32_t kMostRandomSteps = 10;

int share_of(int epochs, double share) {
  return std::max(1, static_cast<int>(std::lround(epochs * share)));
}

// All of the recipe that a candidate can differ in.
std::string text_of(recipe::Recipe recipe) {
  recipe.name.clear();
  recipe.title.clear();
  return recipe::to_toml(recipe);
}

// What is not the recipe's own as a candidate.
recipe::Recipe bare(recipe::Recipe recipe) {
  recipe.targets.clear();
  recipe.reference.reset();
  recipe.description.clear();
  recipe.seed = 0;
  return recipe;
}

[[noreturn]] void fail_without_integers() {
  throw UsageError("the start's model has no integer form, so it has no bytes on a chip",
                   "start from a recipe that `rung export c` takes");
}

// Bytes that a run takes; without those of reading images, which do not grow with the model.
uint64_t memory_of(const recipe::Recipe& recipe) {
  constexpr int kMostOfAnOptimizer = 3;  // floats for each parameter
  return nn::training_bytes(nn::make_plan(recipe.model), recipe.training.precision, kMostOfAnOptimizer,
                            recipe.training.batch_size, 1);
}

// Batch norm has no variance where a channel has a single value in a batch of one image.
bool leaves_batch_norm_alone(const recipe::Recipe& recipe, int images) {
  const int batch = recipe.training.batch_size;
  if (batch > 1 && images % batch != 1) return false;
  const nn::ModelInfo info = nn::infer(recipe.model);
  for (size_t i = 0; i < info.layers.size(); ++i) {
    const nn::Shape& output = info.layers[i].output;
    if (is<nn::BatchNorm2d>(recipe.model.layers[i]) && output.height * output.width == 1) return true;
  }
  return false;
}

}  // namespace

Search::Search(SearchPlan plan, fs::path folder)
    : plan_(std::move(plan)), folder_(std::move(folder)), lock_(folder_) {
  take_measurements(folder_, plan_);
  plan_.start = bare(std::move(plan_.start));
  require_within(plan_.space, plan_.start);
  for (const Limit& limit : plan_.goal.limits) {
    const auto cost = cost_of(plan_.start, limit.cost, plan_.yardstick());
    if (cost && *cost <= limit.at_most) continue;
    if (!cost) fail_without_integers();
    throw UsageError(fmt::format("the start has {}, more than the {} of --at-most",
                                 cost_text(limit.cost, *cost), cost_text(limit.cost, limit.at_most)),
                     "start from a smaller recipe");
  }
  store_or_require_same(folder_, plan_);
  begin();
}

void Search::begin() {
  const auto cost = cost_of(plan_.start, plan_.goal.minimise, plan_.yardstick());
  if (!cost) fail_without_integers();
  candidates_.push_back({.number = 0,
                         .parent = {},
                         .mutations = {},
                         .recipe = plan_.start,
                         .cost = *cost,
                         .seconds = seconds_of(plan_.start)});
  known_.insert(text_of(plan_.start));
}

bool Search::is_allowed(const recipe::Recipe& recipe) const {
  return std::ranges::all_of(plan_.goal.limits, [&](const Limit& limit) {
    const auto cost = cost_of(recipe, limit.cost, plan_.yardstick());
    return cost && *cost <= limit.at_most;
  });
}

// Of the held-out images, in percent.
double Search::errors_per_loss() const {
  double errors = 0, losses = 0;
  for (const Score& score : newest_) {
    errors += 100 - score.accuracy;
    losses += score.loss;
  }
  return losses > 0 ? errors / losses : 0;
}

double Search::accuracy_at(double loss) const {
  return 100 - std::min(100.0, loss * errors_per_loss());
}

// A smaller candidate may lose as much as the best one is better than the target needs; and the better that
// one is, the less a larger one is of use, until only smaller ones are.
bool Search::is_promising(Rung rung, const Candidate& one, const Candidate& best) const {
  const double room = (100 - plan_.goal.target) / std::max(1e-9, best.loss() * errors_per_loss());
  return one.priced((one.*rung)->loss) <= kPromisingLoss * room * best.priced((best.*rung)->loss) &&
         one.cost <= kPromisingCost / std::clamp(room, 1.0, kPromisingCost) * best.cost;
}

// It may have been lucky, unless it has much less loss than it needs.
bool Search::is_sure(const Candidate& one) const {
  return one.full.size() >= kChoosingSeeds ||
         100 - accuracy_at(one.loss()) <= kSafe * (100 - plan_.goal.target);
}

// The first candidate of the front, by ascending cost, that has the target by its loss; its end if none has.
std::vector<size_t>::const_iterator Search::crossing(const std::vector<size_t>& front) const {
  return std::ranges::find_if(
      front, [&](size_t one) { return accuracy_at(candidates_[one].loss()) >= plan_.goal.target; });
}

std::optional<size_t> Search::best() const {
  const std::vector<size_t> front = full_front(candidates_);
  const auto found = crossing(front);
  return found == front.end() ? std::nullopt : std::optional(*found);
}

std::optional<size_t> Search::claimed() const {
  std::optional<size_t> last;
  for (const Claim& claim : claims_)
    if (claim.holds) last = claim.candidate;
  return last;
}

recipe::Recipe Search::recipe_of(const Trial& trial) const {
  recipe::Recipe recipe = candidates_[trial.candidate].recipe;
  recipe.name = candidates_[trial.candidate].name();
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
  return folder_ / kRunsFolder / folder_name(candidates_[trial.candidate].name(), trial.kind, trial.seed);
}

// Of the priced front after all epochs, by ascending cost: the candidates next to the place where it crosses
// the target.
std::vector<size_t> Search::window(size_t below, size_t above) const {
  const std::vector<size_t> front = priced_full_front(candidates_);
  const auto place = static_cast<size_t>(crossing(front) - front.begin());
  const size_t first = place - std::min(place, below);
  const size_t end = std::min(front.size(), place + above);
  return {front.begin() + static_cast<std::ptrdiff_t>(first),
          front.begin() + static_cast<std::ptrdiff_t>(end)};
}

// Of a candidate that is not sure.
std::vector<Trial> Search::further_seeds(size_t candidate) const {
  std::vector<Trial> trials;
  const Candidate& one = candidates_[candidate];
  for (uint64_t seed = 1; seed <= kChoosingSeeds && !is_sure(one); ++seed)
    if (!one.full.contains(seed)) trials.push_back({candidate, Trial::Kind::kFull, seed});
  return trials;
}

std::vector<Trial> Search::promotions() const {
  const auto best_one = best();
  std::vector<Trial> trials;
  if (is_used(kTrialShare)) return trials;
  if (best_one) trials = further_seeds(*best_one);
  const Candidate* the_best = best_one ? &candidates_[*best_one] : nullptr;
  promote(the_best, &Candidate::longer, Trial::Kind::kFull, plan_.batch / 4, trials);
  promote(the_best, &Candidate::quick, Trial::Kind::kLonger, plan_.batch / 2, trials);
  return trials;
}

// Trains those of the front longer that were not yet and promise something: the cheapest; as long as nothing
// reaches the target, the best.
void Search::promote(const Candidate* the_best, Rung from, Trial::Kind to, size_t most,
                     std::vector<Trial>& trials) const {
  std::vector<size_t> promising;
  for (const size_t index : priced_front(candidates_, from)) {
    const Candidate& one = candidates_[index];
    const bool is_done = to == Trial::Kind::kLonger ? one.longer.has_value() : !one.full.empty();
    if (!is_done && (the_best == nullptr || is_promising(from, one, *the_best))) promising.push_back(index);
  }
  if (the_best == nullptr) std::ranges::reverse(promising);
  promising.resize(std::min(promising.size(), std::max<size_t>(1, most)));
  for (const size_t one : promising) trials.push_back({one, to, 1});
}

size_t Search::draw_parent(RandomStream& random) const {
  if (plan_.strategy == Strategy::kRandom) return 0;
  std::vector<size_t> possible =
      random.below(5) == 0 ? priced_full_front(candidates_) : window(kParentsBelow, kParentsAbove);
  if (const auto best_one = best())
    std::erase_if(possible, [&](size_t one) {
      return candidates_[one].cost > kPromisingCost * candidates_[*best_one].cost;
    });
  if (possible.empty()) return 0;
  return possible[random.below(static_cast<uint32_t>(possible.size()))];
}

// On one core.
double Search::seconds_of(const recipe::Recipe& recipe) const {
  return *cost_of(recipe, Cost::kTrainSeconds, plan_.yardstick());
}

// Depends only on the plan, the candidates before it, and their results.
std::optional<Candidate> Search::draw_candidate() {
  const auto number = static_cast<uint32_t>(candidates_.size());
  for (uint32_t draw = 0; draw < kDraws; ++draw) {
    RandomStream random(plan_.seed, RandomPurpose::kSearch, number, draw);
    const size_t parent = draw_parent(random);
    Candidate candidate{
        .number = number, .parent = parent, .mutations = {}, .recipe = candidates_[parent].recipe};
    uint32_t steps = 1;
    if (plan_.strategy == Strategy::kRandom) {
      steps += random.below(kMostRandomSteps);
    } else if (!plan_.space.fixed.contains(Kind::kRecombination) && random.below(kOneRecombinedIn) == 0) {
      recombine(candidate, draw_parent(random));
      steps = 0;
    } else {
      while (steps < 3 && random.below(3) == 0) ++steps;
    }
    for (uint32_t step = 0; step < steps; ++step) {
      auto mutant = mutate(candidate.recipe, plan_.space, random);
      if (!mutant) break;
      candidate.recipe = std::move(mutant->recipe);
      candidate.mutations.push_back(std::move(mutant->mutation));
    }
    if (!candidate.mutations.empty() && complete(candidate)) return candidate;
  }
  return std::nullopt;
}

// Its model with the training of another one: a change of how a candidate is trained that was worth it often
// is for others, too, but by less than a run's luck, so that it would not be found again.
void Search::recombine(Candidate& candidate, size_t other) const {
  const Candidate& trained = candidates_[other];
  candidate.recipe.training = trained.recipe.training;
  candidate.recipe.augment = trained.recipe.augment;
  candidate.mutations.push_back({Kind::kRecombination, "the training of " + trained.name()});
}

// Whether it is new, possible and allowed; with what is known before it is trained.
bool Search::complete(Candidate& candidate) const {
  if (known_.contains(text_of(candidate.recipe))) return false;
  const auto cost = cost_of(candidate.recipe, plan_.goal.minimise, plan_.yardstick());
  if (!cost || !is_allowed(candidate.recipe)) return false;
  if (leaves_batch_norm_alone(candidate.recipe, plan_.train_images) ||
      leaves_batch_norm_alone(candidate.recipe, plan_.all_images))
    return false;
  if (memory_of(candidate.recipe) > std::max(kUsualMemory, memory_of(plan_.start))) return false;
  candidate.cost = *cost;
  candidate.seconds = seconds_of(candidate.recipe);
  candidate.recipe.title = candidate.change();
  return true;
}

void Search::add(Candidate candidate) {
  known_.insert(text_of(candidate.recipe));
  candidates_.push_back(std::move(candidate));
}

void Search::propose(std::vector<Trial>& trials) {
  for (size_t i = 0; i < plan_.batch && candidates_.size() < plan_.candidates.value_or(kMostCandidates);
       ++i) {
    auto candidate = draw_candidate();
    if (!candidate) {
      if (i == 0) ending_ = "every recipe in reach was tried or is outside the limits";
      return;
    }
    trials.push_back({candidate->number, Trial::Kind::kQuick, 1});
    add(std::move(*candidate));
  }
}

bool Search::is_used(double share) const {
  return plan_.budget && elapsed_ >= share * *plan_.budget;
}

// Notes why not.
bool Search::may_propose() {
  if (!ending_.empty()) return false;
  if (candidates_.size() >= plan_.candidates.value_or(kMostCandidates)) {
    ending_ = fmt::format("the limit is {}", counted(candidates_.size(), "candidate"));
  } else if (is_used(kDrawingShare)) {
    ending_ = "the budget's part for searching was used";
  } else if (generations_ >= last_gain_ + kPatience) {
    ending_ = fmt::format("the last {} generations found nothing better or cheaper", kPatience);
  }
  return ending_.empty();
}

// Of the start and, because no other change brings a search near its target so fast, of the start with fewer
// channels: all rungs.
std::vector<Trial> Search::first_trials() {
  if (plan_.strategy == Strategy::kLocal && !plan_.space.fixed.contains(Kind::kChannels)) {
    for (const double width : kFirstWidths) {
      auto mutant = scaled(plan_.start, plan_.space, width);
      if (!mutant || candidates_.size() == plan_.candidates.value_or(kMostCandidates)) continue;
      Candidate candidate{.number = candidates_.size(),
                          .parent = 0,
                          .mutations = {std::move(mutant->mutation)},
                          .recipe = std::move(mutant->recipe)};
      if (complete(candidate)) add(std::move(candidate));
    }
  }
  std::vector<Trial> trials;
  for (size_t one = 0; one < candidates_.size(); ++one)
    for (const auto kind : {Trial::Kind::kQuick, Trial::Kind::kLonger, Trial::Kind::kFull})
      trials.push_back({one, kind, 1});
  return trials;
}

void Search::run(std::span<sweep::Crew* const> crews, const SearchObserver& observer) {
  crews_ = crews;
  observer_ = &observer;
  std::vector<Trial> trials = first_trials();
  if (candidates_.size() == 1 && may_propose()) propose(trials);
  while (!trials.empty()) {
    const bool is_new = carry_out(trials);
    if (generations_ == 0 && candidates_.front().diverged)
      throw Error("the start diverged", "lower its learning rate: a search begins from a recipe that trains");
    ++generations_;
    note_gain();
    if (observer.on_batch) observer.on_batch(is_new);
    trials = promotions();
    if (may_propose()) propose(trials);
  }
  phase_ = Phase::kClaiming;
  claim_all();
  phase_ = Phase::kFinished;
}

// A change of the front, of candidates that cost no more than the best; as long as there is none, of all.
void Search::note_gain() {
  std::vector<size_t> front = full_front(candidates_);
  const auto best_one = crossing(front);
  if (best_one != front.end()) front.erase(best_one + 1, front.end());
  if (front != front_) last_gain_ = generations_;
  front_ = std::move(front);
}

void Search::claim_all() {
  const Expected expected = [&](const Candidate& one) { return accuracy_at(one.loss()); };
  while (true) {
    const auto next = next_to_claim(candidates_, claims_, expected, plan_.goal.target, plan_.claim_seeds);
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

// The first claim has, whatever the budget; those after it may pass its end by a little.
bool Search::has_time_to_claim(size_t candidate) const {
  if (!plan_.budget || claims_.empty()) return true;
  double run = 0;
  for (const auto& [seed, score] : candidates_[candidate].full) run = std::max(run, score.seconds);
  run *= plan_.all_images / std::max(1.0, static_cast<double>(plan_.train_images));
  const auto rounds = static_cast<double>(rounds_of_claim(plan_.claim_seeds, plan_.workers));
  return elapsed_ + rounds * run <= kOverrun * *plan_.budget;
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
  Candidate& candidate = candidates_[trial.candidate];
  if (trial.kind == Trial::Kind::kQuick) candidate.quick = score;
  if (trial.kind == Trial::Kind::kLonger) candidate.longer = score;
  if (trial.kind != Trial::Kind::kFull) return;
  candidate.full[trial.seed] = score;
  newest_.push_back(score);
  if (newest_.size() > kNewestRuns) newest_.pop_front();
}

// Whether any of them had still to be trained.
bool Search::carry_out(std::span<const Trial> trials) {
  std::vector<Errand> errands;
  for (const Trial& trial : trials) {
    recipe::Recipe recipe = recipe_of(trial);
    const double seconds = seconds_of(recipe);
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
      candidates_[trials[i].candidate].diverged = true;
    }
  }
  elapsed_ += carried.elapsed;
  return carried.is_new;
}

}  // namespace rung::search

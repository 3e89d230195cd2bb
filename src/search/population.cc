#include "search/population.h"

#include <algorithm>

namespace rung::search {
namespace {

constexpr size_t kNewestRuns = 24;  // that tell which accuracy a loss stands for
constexpr double kSafe = 0.85;      // of the errors that the target allows
// Candidates of the front below the target, and at it or above, that are near it.
constexpr size_t kBelow = 3;
constexpr size_t kAbove = 2;
// A trial promises something up to this priced loss, relative to what the target allows, and this cost,
// relative to the best candidate's.
constexpr double kPromisingLoss = 1.15;
constexpr double kPromisingCost = 1.5;

}  // namespace

void Population::note_full(size_t candidate, uint64_t seed, const Score& score) {
  all_[candidate].full[seed] = score;
  newest_.push_back(score);
  if (newest_.size() > kNewestRuns) newest_.pop_front();
}

// Of the held-out images, in percent.
double Population::errors_per_loss() const {
  double errors = 0, losses = 0;
  for (const Score& score : newest_) {
    errors += 100 - score.accuracy;
    losses += score.loss;
  }
  return losses > 0 ? errors / losses : 0;
}

double Population::accuracy_at(double loss) const {
  return 100 - std::min(100.0, loss * errors_per_loss());
}

bool Population::has_target(size_t candidate) const {
  const Candidate& one = all_[candidate];
  return !one.diverged && !one.full.empty() && accuracy_at(one.loss()) >= target_;
}

// The first candidate of a front, by ascending cost, that has the target; its end if none has.
std::vector<size_t>::const_iterator Population::crossing(const std::vector<size_t>& front) const {
  return std::ranges::find_if(front, [&](size_t one) { return has_target(one); });
}

std::optional<size_t> Population::best() const {
  const std::vector<size_t> front = full_front(all_);
  const auto found = crossing(front);
  return found == front.end() ? std::nullopt : std::optional(*found);
}

std::vector<size_t> Population::front_to_best() const {
  std::vector<size_t> front = full_front(all_);
  const auto found = crossing(front);
  if (found != front.end()) front.erase(found + 1, front.end());
  return front;
}

std::vector<size_t> Population::near_target() const {
  const std::vector<size_t> front = priced_full_front(all_);
  const auto place = static_cast<size_t>(crossing(front) - front.begin());
  const size_t first = place - std::min(place, kBelow);
  const size_t end = std::min(front.size(), place + kAbove);
  return {front.begin() + static_cast<std::ptrdiff_t>(first),
          front.begin() + static_cast<std::ptrdiff_t>(end)};
}

bool Population::is_near_best(const Candidate& one) const {
  const auto best_one = best();
  return !best_one || one.cost <= kPromisingCost * all_[*best_one].cost;
}

// A smaller candidate may lose as much as the best one is better than the target needs; and the better that
// one is, the less a larger one is of use, until only smaller ones are.
bool Population::is_promising(const Candidate& one, Rung rung) const {
  const auto best_one = best();
  if (!best_one) return true;
  const Candidate& best = all_[*best_one];
  const double room = (100 - target_) / std::max(1e-9, best.loss() * errors_per_loss());
  return one.priced((one.*rung)->loss) <= kPromisingLoss * room * best.priced((best.*rung)->loss) &&
         one.cost <= kPromisingCost / std::clamp(room, 1.0, kPromisingCost) * best.cost;
}

bool Population::is_sure(const Candidate& one) const {
  return one.full.size() >= kChoosingSeeds || 100 - accuracy_at(one.loss()) <= kSafe * (100 - target_);
}

}  // namespace rung::search

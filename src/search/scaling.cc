#include "search/scaling.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace rung::search {
namespace {

constexpr double kFirstWidths[] = {0.7, 0.5};  // times the start's channels
constexpr size_t kHalvings = 2;                // of the widths between which the target lies
constexpr double kLonger = 2;                  // times the epochs

}  // namespace

std::vector<size_t> Scaling::extend(Population& population, Drawer& drawer, size_t generation) {
  std::vector<size_t> added;
  const auto note = [&](std::optional<size_t> one) {
    if (one) added.push_back(*one);
  };
  if (generation == 0) {
    added.push_back(0);
    for (const double width : kFirstWidths) note(add_width(width, population, drawer));
  } else if (plan_.strategy == Strategy::kRandom || population.size() >= plan_.most_candidates()) {
    return {};
  } else if (const auto width = next_width(population); width && generation <= kHalvings) {
    note(add_width(*width, population, drawer));
  } else if (const auto longer = next_longer(population)) {
    auto candidate = drawer.longer(population, widths_.at(*longer), kLonger);
    longer_[*longer] = candidate ? std::optional(candidate->number) : std::nullopt;
    note(longer_[*longer]);
    if (candidate) population.add(std::move(*candidate));
  }
  return added;
}

std::optional<size_t> Scaling::add_width(double width, Population& population, Drawer& drawer) {
  if (plan_.strategy == Strategy::kRandom || plan_.space.fixed.contains(Kind::kChannels)) return {};
  if (population.size() >= plan_.most_candidates()) return {};
  auto candidate = drawer.scaled_start(population, width);
  if (!candidate) return {};
  population.add(std::move(*candidate));
  return widths_[width] = population.size() - 1;
}

// None where none has the target.
std::optional<double> Scaling::next_width(const Population& population) const {
  const auto has_target = [&](const auto& width) { return population.has_target(width.second); };
  const auto narrowest = std::ranges::find_if(widths_, has_target);
  if (narrowest == widths_.end()) return std::nullopt;
  const double below = narrowest == widths_.begin() ? 0 : std::prev(narrowest)->first;
  return std::round(50 * (below + narrowest->first)) / 100;
}

std::optional<double> Scaling::next_longer(const Population& population) const {
  if (plan_.goal.minimise == Cost::kTrainSeconds || plan_.space.fixed.contains(Kind::kEpochs)) return {};
  const auto has_target = [&](const auto& width) { return population.has_target(width.second); };
  auto width = std::ranges::find_if(widths_, has_target);
  if (width == widths_.end()) --width;
  while (longer_.contains(width->first)) {
    const auto& longer = longer_.at(width->first);
    if ((longer && !population.has_target(*longer)) || width == widths_.begin()) return std::nullopt;
    --width;
  }
  return width->first;
}

}  // namespace rung::search

#include "quantise/weight_rounding.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/require.h"

namespace rung::quantise {
namespace {

constexpr int kMostRefinements = 8;
constexpr double kSettled = 1e-6;

}  // namespace

int rounded_weight(double weight, double step, int bits) {
  const double largest = largest_weight(bits);
  return static_cast<int>(std::clamp(std::round(weight / step), -largest, largest));
}

double grid_step(std::span<const float> weights, int bits) {
  double largest = 0;
  for (const float weight : weights) largest = std::max(largest, std::abs(double{weight}));
  double step = largest / largest_weight(bits);
  if (bits == 8 || step == 0 || !std::isfinite(step)) return step;
  for (int i = 0; i < kMostRefinements; ++i) {
    double products = 0;
    double squares = 0;
    for (const float weight : weights) {
      const int q = rounded_weight(weight, step, bits);
      products += double{weight} * q;
      squares += double{1} * q * q;
    }
    const double before = std::exchange(step, products / squares);
    if (std::abs(step - before) < kSettled * before) break;
  }
  return step;
}

WeightRounding::WeightRounding(const nn::Plan& plan, int bits) : bits_(bits) {
  for (const nn::Unit& unit : plan.units) {
    if (!unit.conv) continue;
    const bool gives_logits = &unit == &plan.units.back() && !unit.activates_in_evaluation();
    const auto count = static_cast<size_t>(unit.conv->weights());
    const size_t grids = gives_logits ? 1 : static_cast<size_t>(unit.conv->out_channels);
    for (size_t k = 0; k < grids; ++k) grids_.push_back({unit.weight + k * (count / grids), count / grids});
  }
}

void WeightRounding::round(std::span<const float> parameters, std::span<float> rounded) const {
  RUNG_REQUIRE(parameters.size() == rounded.size());
  std::ranges::copy(parameters, rounded.begin());
  for (const Grid& grid : grids_) {
    const auto weights = parameters.subspan(grid.first, grid.count);
    const double step = grid_step(weights, bits_);
    if (step == 0) continue;
    std::ranges::transform(
        weights, rounded.begin() + static_cast<std::ptrdiff_t>(grid.first),
        [&](float weight) { return static_cast<float>(rounded_weight(weight, step, bits_) * step); });
  }
}

}  // namespace rung::quantise

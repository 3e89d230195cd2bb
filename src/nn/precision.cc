#include "nn/precision.h"

#include <algorithm>

namespace rung::nn {

UnitStorage storage_of(const Plan& plan, size_t s, Precision precision) {
  if (precision == Precision::kFloat32) return {};
  const Unit& unit = plan.units[s];
  const bool gives_logits = s + 1 == plan.units.size() && unit.conv && !unit.activates();
  UnitStorage storage{.input_pairs = s > 0 || !(unit.conv || unit.runner), .pairs = !gives_logits};
  storage.conv_pairs = unit.conv && storage.input_pairs && storage.pairs && kernels::takes_pairs(*unit.conv);
  return storage;
}

bool needs_image_pairs(const Plan& plan, Precision precision) {
  if (precision == Precision::kFloat32 || plan.units.empty()) return false;
  const auto adds_image = [](const Unit& unit) { return unit.addition && unit.addition->unit == 0; };
  return storage_of(plan, 0, precision).input_pairs ||
         std::any_of(plan.units.begin(), plan.units.end(), adds_image);
}

}  // namespace rung::nn

#include "kernels/simd.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

#include "base/error.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace rung::kernels::HWY_NAMESPACE {
// NOLINTNEXTLINE(misc-definitions-in-headers): Highway includes this file once per target
int64_t running_target() {
  return HWY_TARGET;
}
}  // namespace rung::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rung::kernels {
namespace {

HWY_EXPORT(running_target);

std::string lower_name(int64_t target) {
  std::string name = hwy::TargetName(target);
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  return name;
}

// Highway's supported targets that were compiled in; lower bits are better targets.
std::vector<int64_t> runnable() {
  std::vector<int64_t> targets;
  const int64_t both = hwy::SupportedTargets() & HWY_TARGETS;
  for (int64_t left = both; left != 0; left &= left - 1) targets.push_back(left & -left);
  return targets;
}

}  // namespace

std::string simd_target() {
  return lower_name(HWY_DYNAMIC_DISPATCH(running_target)());
}

std::vector<std::string> simd_targets() {
  static const std::vector<std::string> all = [] {
    hwy::SetSupportedTargetsForTest(0);  // the first call, so this lifts no restriction
    std::vector<std::string> names;
    for (const int64_t target : runnable()) names.push_back(lower_name(target));
    return names;
  }();
  return all;
}

bool same_bits(std::string_view target, std::string_view other) {
  const auto fuses = [](std::string_view name) {
    return name.starts_with("avx") || name.starts_with("neon");
  };
  return target == other || (fuses(target) && fuses(other));
}

void force_simd_target(std::string_view name) {
  simd_targets();
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().DeInit();
  if (name.empty()) return;
  for (const int64_t target : runnable()) {
    if (lower_name(target) != name) continue;
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().DeInit();
    return;
  }
  throw UsageError(fmt::format("no SIMD target `{}` on this machine", name),
                   fmt::format("use one of: {}", fmt::join(simd_targets(), ", ")));
}

}  // namespace rung::kernels
#endif  // HWY_ONCE

#include "kernels/simd.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rung::kernels::HWY_NAMESPACE {
// NOLINTNEXTLINE(misc-definitions-in-headers): Highway includes this file once per target
int64_t running_target() {
  return HWY_TARGET;
}
// NOLINTNEXTLINE(misc-definitions-in-headers)
bool multiplies_pairs() {
  return kPairInstruction;
}
}  // namespace rung::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rung::kernels {
namespace {

HWY_EXPORT(running_target);
HWY_EXPORT(multiplies_pairs);

std::string name_of(int64_t target) {
  return simd_name(hwy::TargetName(target));
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
  return name_of(HWY_DYNAMIC_DISPATCH(running_target)());
}

std::vector<std::string> simd_targets() {
  static const std::vector<std::string> all = [] {
    hwy::SetSupportedTargetsForTest(0);  // the first call, so this lifts no restriction
    std::vector<std::string> names;
    for (const int64_t target : runnable()) names.push_back(name_of(target));
    return names;
  }();
  return all;
}

bool has_pair_instruction() {
  return HWY_DYNAMIC_DISPATCH(multiplies_pairs)();
}

std::string simd_name(std::string_view name) {
  std::string known = lowered(name);
  if (known == "avx3_dl") return "avx512_bf16";  // see highway_runtime.cc
  constexpr std::string_view kAvx3 = "avx3";     // and its kinds, as in AVX3_ZEN4
  if (known.starts_with(kAvx3)) known.replace(0, kAvx3.size(), "avx512");
  return known == "emu128" ? "scalar" : known;
}

bool same_bits(std::string_view target, std::string_view other) {
  const auto fuses = [](std::string_view name) {
    return name.starts_with("avx") || name.starts_with("neon");
  };
  const std::string a = simd_name(target);
  const std::string b = simd_name(other);
  return a == b || (fuses(a) && fuses(b));
}

void force_simd_target(std::string_view name) {
  simd_targets();
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().DeInit();
  if (name.empty()) return;
  for (const int64_t target : runnable()) {
    if (name_of(target) != simd_name(name)) continue;
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().DeInit();
    return;
  }
  throw UsageError(fmt::format("this machine does not have the instruction set {}", name),
                   fmt::format("use one of: {}", fmt::join(simd_targets(), ", ")));
}

}  // namespace rung::kernels
#endif  // HWY_ONCE

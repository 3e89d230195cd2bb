#include "export/c_targets.h"

#include <algorithm>
#include <array>

#include "export/c_code_bytes.h"

namespace rung::exports {
namespace {

constexpr std::array<CTarget, kCodeTargets> kTargets{{
    {"cortex-m0", "Cortex-M0", 8, 1060, {"STM32F030F4", 16 << 10, 4 << 10}},
    {"cortex-m3", "Cortex-M3", 8, 240, {"STM32F103C8", 64 << 10, 20 << 10}},
    {"cortex-m4", "Cortex-M4", 8, 310, {"nRF52832", 512 << 10, 64 << 10}},
    {"cortex-m7", "Cortex-M7", 8, 310, {"STM32F746", 1 << 20, 320 << 10}},
    {"cortex-m33", "Cortex-M33", 8, 240, {"nRF9160", 1 << 20, 256 << 10}},
    {"cortex-m55", "Cortex-M55", 8, 240, {}},
    {"rv32imc", "RV32IMC", 8, 70, {"GD32VF103CB", 128 << 10, 32 << 10}},
    {"avr", "AVR", 1, 430, {"ATmega328P", 32 << 10, 2 << 10}},
}};

}  // namespace

std::span<const CTarget> c_targets() {
  return kTargets;
}

std::vector<CodePart> code_parts(const CLayout& layout) {
  const std::set<StageKind> kinds = layout.kinds();
  const auto count = [&](std::initializer_list<StageKind> of) {
    return std::ranges::count_if(of, [&](StageKind kind) { return kinds.contains(kind); });
  };
  using enum StageKind;
  std::vector<CodePart> parts{{"all", true}};
  for (const StageKind kind :
       {kConvolve, kConvolvePlane, kMaxWindows, kMeanWindows, kMaxTiles, kMeanTiles, kAdd, kLookUp, kSlopes})
    parts.push_back({name_of(kind), kinds.contains(kind)});
  const auto windows = count({kConvolve, kMaxWindows, kMeanWindows});
  const bool has_weights = count({kConvolve, kConvolvePlane}) > 0;
  parts.insert(parts.end(), {{"gather", windows > 0},
                             {"gather, by several", windows > 1},
                             {"dot, by several", count({kConvolve, kConvolvePlane}) > 1},
                             {"dot4", has_weights && layout.weight_bits == 4},
                             {"dot2", has_weights && layout.weight_bits == 2},
                             {"several queues", layout.queues.size() > 1},
                             {"padded", layout.is_padded()},
                             {"biases of 32 bits", !layout.has_short_biases()},
                             {"offsets of 16 bits", layout.offset_bytes() > 1},
                             {"shifts up to 32", layout.least_shift() <= 32},
                             {"several channels", layout.stages[0].input.channels > 1},
                             {"two classes", layout.classes == 2},
                             {"one stage", layout.stages.size() == 1}});
  return parts;
}

CFootprint footprint_of(const CLayout& layout, const CTarget& target) {
  const CSizes sizes = sizes_of(layout, target.most_alignment);
  const auto column = static_cast<size_t>(&target - kTargets.data());
  const std::vector<CodePart> parts = code_parts(layout);
  CFootprint footprint{.flash = sizes.constants, .ram = sizes.ram, .stack = 0};
  for (size_t part = 0; part < parts.size(); ++part) {
    if (!parts[part].is_used) continue;
    footprint.flash += kCodeBytes[part][column];
    footprint.stack += kStackBytes[part][column];
  }
  return footprint;
}

}  // namespace rung::exports

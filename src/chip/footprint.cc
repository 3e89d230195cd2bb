#include "chip/footprint.h"

#include <algorithm>

#include "base/require.h"
#include "chip/code_bytes.h"

namespace rung::chip {

std::vector<CodePart> code_parts(const Layout& layout) {
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

Footprint footprint_of(const Layout& layout, const Processor& processor) {
  const Sizes sizes = sizes_of(layout, processor.most_alignment);
  const auto column = static_cast<size_t>(&processor - processors().data());
  const std::vector<CodePart> parts = code_parts(layout);
  RUNG_REQUIRE(column < kCodeProcessors && parts.size() == kCodeBytes.size());
  Footprint footprint{.flash = sizes.constants, .ram = sizes.ram, .stack = 0};
  for (size_t part = 0; part < parts.size(); ++part) {
    if (!parts[part].is_used) continue;
    footprint.flash += kCodeBytes[part][column];
    footprint.stack += kStackBytes[part][column];
  }
  return footprint;
}

}  // namespace rung::chip

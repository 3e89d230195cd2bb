#include "nn/layers/add.h"

#include <fmt/format.h>

#include <algorithm>

namespace rung::nn {

void Add::infer(const LayerPlace& place, LayerInfo& info) const {
  const int64_t added_index = added_layer(*this, place.index());
  if (added_index < 0 || added_index >= static_cast<int64_t>(place.index()))
    throw UnfitLayer{fmt::format("from = {} is not a layer before it", from),
                     "count the layers from 0, or with numbers below 0 back from this one"};
  const LayerInfo& added = place.earlier[static_cast<size_t>(added_index)];
  if (added.output != info.input)
    throw UnfitLayer{fmt::format("layer {}'s output {} cannot be added to its input {}", added_index,
                                 to_text(added.output), to_text(info.input))};
  info.jump = {std::max(info.jump.h, added.jump.h), std::max(info.jump.w, added.jump.w)};
}

}  // namespace rung::nn

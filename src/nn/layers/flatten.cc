#include "nn/layers/flatten.h"

#include <fmt/format.h>

namespace rung::nn {

void Flatten::infer(const LayerPlace& /*place*/, LayerInfo& info) {
  const int64_t features = info.input.elements();
  if (features > kMaxChannels)
    throw UnfitLayer{fmt::format("{} has {} elements, more than the {} features a layer may have",
                                 to_text(info.input), features, kMaxChannels)};
  info.output = {static_cast<int>(features), 1, 1};
}

}  // namespace rung::nn

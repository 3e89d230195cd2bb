#include "nn/layers/linear.h"

#include <fmt/format.h>

namespace rung::nn {

void Linear::infer(const LayerPlace& place, LayerInfo& info) const {
  if (plane(info.input) != Size2{1, 1})
    throw UnfitLayer{fmt::format("its input {} is not a list of features", to_text(info.input)),
                     "put a `flatten` layer before it"};
  info.output = {out_features, 1, 1};
  weigh(info.input.channels, bias, info);
  info.jump = place.image;
}

}  // namespace rung::nn

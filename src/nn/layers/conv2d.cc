#include "nn/layers/conv2d.h"

#include <fmt/format.h>

namespace rung::nn {

void Conv2d::infer(const LayerPlace& place, LayerInfo& info) const {
  const int in_channels = info.input.channels;
  if (in_channels % groups != 0 || out_channels % groups != 0)
    throw UnfitLayer{fmt::format("{} groups do not divide {} input and {} output channels", groups,
                                 in_channels, out_channels)};
  slide(place, kernel_size, stride, padding, dilation, /*ceil_mode=*/false, info);
  info.output.channels = out_channels;
  weigh(int64_t{in_channels / groups} * kernel_size.h * kernel_size.w, bias, info);
}

}  // namespace rung::nn

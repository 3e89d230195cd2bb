#include "nn/layer.h"

#include <fmt/format.h>

#include <algorithm>

namespace rung::nn {

Size2 jump_after(Size2 jump, Size2 stride, Size2 image) {
  // Clipped at the image's side, which keeps it in range.
  return {static_cast<int>(std::min<int64_t>(int64_t{jump.h} * stride.h, image.h)),
          static_cast<int>(std::min<int64_t>(int64_t{jump.w} * stride.w, image.w))};
}

void slide(const LayerPlace& place, Size2 kernel, Size2 stride, Size2 padding, Size2 dilation, bool ceil_mode,
           LayerInfo& info) {
  const Size2 input = plane(info.input);
  const Size2 padded{input.h + 2 * padding.h, input.w + 2 * padding.w};
  const Size2 extent{kernels::kernel_extent(kernel.h, dilation.h),
                     kernels::kernel_extent(kernel.w, dilation.w)};
  if (extent.h > padded.h || extent.w > padded.w)
    throw UnfitLayer{
        fmt::format("the {} kernel{} is larger than its {} input{}", to_text(kernel),
                    extent == kernel ? "" : fmt::format(", {} with its dilation,", to_text(extent)),
                    to_text(input), padded == input ? "" : fmt::format(" padded to {}", to_text(padded)))};
  info.output.height = kernels::count_windows(input.h, extent.h, stride.h, padding.h, ceil_mode);
  info.output.width = kernels::count_windows(input.w, extent.w, stride.w, padding.w, ceil_mode);
  info.jump = jump_after(info.jump, stride, place.image);
}

void weigh(int64_t inputs, bool bias, LayerInfo& info) {
  const int64_t outputs = info.output.channels;
  info.params = outputs * inputs + (bias ? outputs : 0);
  if (info.params > kMaxParams)
    throw UnfitLayer{
        fmt::format("its {} parameters are more than the {} that a model may have", info.params, kMaxParams)};
  info.macs = outputs * inputs * info.output.height * info.output.width;
}

}  // namespace rung::nn

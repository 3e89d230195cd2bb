#include "nn/windows.h"

namespace rung::nn {
namespace {

// Of Conv2d, MaxPool2d and AvgPool2d.
template <typename Layer>
Windows sliding(const Layer& layer, const Shape& input) {
  return {kernels::sliding_windows(input.height, layer.kernel_size.h, layer.stride.h, layer.padding.h),
          kernels::sliding_windows(input.width, layer.kernel_size.w, layer.stride.w, layer.padding.w)};
}

}  // namespace

std::optional<Windows> windows_of(const LayerSpec& layer, const Shape& input) {
  if (const auto* conv = std::get_if<Conv2d>(&layer)) return sliding(*conv, input);
  if (const auto* pool = std::get_if<MaxPool2d>(&layer)) return sliding(*pool, input);
  if (const auto* pool = std::get_if<AvgPool2d>(&layer)) return sliding(*pool, input);
  if (const auto* pool = std::get_if<AdaptiveAvgPool2d>(&layer))
    return Windows{kernels::adaptive_windows(input.height, pool->output_size.h),
                   kernels::adaptive_windows(input.width, pool->output_size.w)};
  return std::nullopt;
}

}  // namespace rung::nn

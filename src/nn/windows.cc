#include "nn/windows.h"

namespace rung::nn {
namespace {

// Of Conv2d, MaxPool2d and AvgPool2d.
template <typename Layer>
Windows sliding(const Layer& layer, const Shape& input, kernels::WindowOptions options = {}) {
  return {
      kernels::sliding_windows(input.height, layer.kernel_size.h, layer.stride.h, layer.padding.h, options),
      kernels::sliding_windows(input.width, layer.kernel_size.w, layer.stride.w, layer.padding.w, options)};
}

}  // namespace

std::optional<Windows> windows_of(const LayerSpec& layer, const Shape& input) {
  if (const auto* conv = std::get_if<Conv2d>(&layer)) return sliding(*conv, input);
  if (const auto* pool = std::get_if<MaxPool2d>(&layer))
    return sliding(*pool, input, {.ceil_mode = pool->ceil_mode});
  if (const auto* pool = std::get_if<AvgPool2d>(&layer))
    return sliding(*pool, input, {pool->ceil_mode, pool->count_include_pad});
  if (const auto* pool = std::get_if<AdaptiveAvgPool2d>(&layer))
    return Windows{kernels::adaptive_windows(input.height, pool->output_size.h),
                   kernels::adaptive_windows(input.width, pool->output_size.w)};
  if (std::holds_alternative<GroupNorm>(layer))  // its statistics are those of the whole plane
    return Windows{
        std::vector(static_cast<size_t>(input.height), kernels::Window{0, input.height, input.height}),
        std::vector(static_cast<size_t>(input.width), kernels::Window{0, input.width, input.width})};
  return std::nullopt;
}

}  // namespace rung::nn

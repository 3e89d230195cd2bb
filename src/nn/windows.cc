#include "nn/windows.h"

namespace rung::nn {

Windows sliding_windows(const Shape& input, Size2 kernel, Size2 stride, Size2 padding, Size2 dilation,
                        kernels::WindowOptions options) {
  return {kernels::sliding_windows(input.height, kernel.h, stride.h, padding.h, dilation.h, options),
          kernels::sliding_windows(input.width, kernel.w, stride.w, padding.w, dilation.w, options),
          dilation};
}

Windows whole_plane(const Shape& input) {
  return {std::vector(static_cast<size_t>(input.height), kernels::Window{0, input.height, input.height}),
          std::vector(static_cast<size_t>(input.width), kernels::Window{0, input.width, input.width})};
}

}  // namespace rung::nn

#include "kernels/window.h"

#include <algorithm>

namespace rung::kernels {

int count_windows(int inputs, int extent, int stride, int padding, bool ceil_mode) {
  const int room = inputs + 2 * padding - extent;
  const int floor = room / stride + 1;
  const bool is_one_more = ceil_mode && room % stride != 0 && floor * stride < inputs + padding;
  return is_one_more ? floor + 1 : floor;
}

std::vector<Window> sliding_windows(int inputs, int kernel, int stride, int padding, int dilation,
                                    WindowOptions options) {
  const int extent = kernel_extent(kernel, dilation);
  std::vector<Window> windows;
  for (int i = 0; i < count_windows(inputs, extent, stride, padding, options.ceil_mode); ++i) {
    const int start = i * stride - padding;
    const int end = std::min(start + extent, inputs + padding);
    const int first = start < 0 ? (dilation + start % dilation) % dilation : start;  // after the padding
    Window window{.end = std::clamp(end, 0, inputs), .size = end - start};
    window.begin = std::min(first, window.end);
    windows.push_back(window);
    if (!options.count_include_pad) windows.back().size = window.end - window.begin;
  }
  return windows;
}

std::vector<Window> adaptive_windows(int inputs, int outputs) {
  std::vector<Window> windows;
  for (int i = 0; i < outputs; ++i) {
    const int begin = i * inputs / outputs;
    const int end = ((i + 1) * inputs + outputs - 1) / outputs;
    windows.push_back({begin, end, end - begin});
  }
  return windows;
}

}  // namespace rung::kernels

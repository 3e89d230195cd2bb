#include "kernels/window.h"

#include <algorithm>

namespace rung::kernels {

int count_windows(int inputs, int kernel, int stride, int padding, bool ceil_mode) {
  const int room = inputs + 2 * padding - kernel;
  const int floor = room / stride + 1;
  const bool is_one_more = ceil_mode && room % stride != 0 && floor * stride < inputs + padding;
  return is_one_more ? floor + 1 : floor;
}

std::vector<Window> sliding_windows(int inputs, int kernel, int stride, int padding, WindowOptions options) {
  std::vector<Window> windows;
  for (int i = 0; i < count_windows(inputs, kernel, stride, padding, options.ceil_mode); ++i) {
    const int start = i * stride - padding;
    const int end = std::min(start + kernel, inputs + padding);
    const Window window{std::clamp(start, 0, inputs), std::clamp(end, 0, inputs), end - start};
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

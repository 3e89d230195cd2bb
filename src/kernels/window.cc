#include "kernels/window.h"

#include <algorithm>

namespace rung::kernels {

int count_windows(int inputs, int kernel, int stride, int padding) {
  return (inputs + 2 * padding - kernel) / stride + 1;
}

std::vector<Window> sliding_windows(int inputs, int kernel, int stride, int padding) {
  std::vector<Window> windows;
  for (int start = -padding; start + kernel <= inputs + padding; start += stride)
    windows.push_back({std::clamp(start, 0, inputs), std::clamp(start + kernel, 0, inputs), kernel});
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

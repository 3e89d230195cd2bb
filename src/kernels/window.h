// Which inputs each output of a sliding kernel, or of an adaptive pooling, reads along one axis.
#pragma once

#include <vector>

namespace rung::kernels {

// Inputs begin .. end-1, those that exist; of a dilated kernel begin and every dilation-th after it. None if
// the window is entirely in the padding.
struct Window {
  int begin = 0;
  int end = 0;
  int size = 0;  // what a mean divides by: with the padding inside the window, unless that does not count
  friend bool operator==(const Window&, const Window&) = default;
};

// PyTorch's options of poolings.
struct WindowOptions {
  bool ceil_mode = false;  // a last window that begins inside may reach past the padded input
  bool count_include_pad = true;
};

// Inputs from a kernel's first element to its last.
constexpr int kernel_extent(int kernel, int dilation) {
  return dilation * (kernel - 1) + 1;
}

// How many windows there are. The extent fits into the padded input, as nn::infer makes sure.
int count_windows(int inputs, int extent, int stride, int padding, bool ceil_mode = false);

std::vector<Window> sliding_windows(int inputs, int kernel, int stride, int padding, int dilation = 1,
                                    WindowOptions options = {});

// torch.nn.AdaptiveAvgPool2d's: from floor(i * inputs / outputs) up to ceil((i + 1) * inputs / outputs).
std::vector<Window> adaptive_windows(int inputs, int outputs);

}  // namespace rung::kernels

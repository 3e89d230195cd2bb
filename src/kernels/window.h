// Which inputs each output of a sliding kernel, or of an adaptive pooling, reads along one axis.
#pragma once

#include <vector>

namespace rung::kernels {

// Inputs begin .. end-1, those that exist; none if the window is entirely in the padding.
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

// How many windows there are. The kernel fits into the padded input, as nn::infer makes sure.
int count_windows(int inputs, int kernel, int stride, int padding, bool ceil_mode = false);

std::vector<Window> sliding_windows(int inputs, int kernel, int stride, int padding,
                                    WindowOptions options = {});

// torch.nn.AdaptiveAvgPool2d's: from floor(i * inputs / outputs) up to ceil((i + 1) * inputs / outputs).
std::vector<Window> adaptive_windows(int inputs, int outputs);

}  // namespace rung::kernels

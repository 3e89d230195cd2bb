// Which inputs each output of a sliding kernel, or of an adaptive pooling, reads along one axis.
#pragma once

#include <vector>

namespace rung::kernels {

// Inputs begin .. end-1, those that exist; none if the window is entirely in the padding.
struct Window {
  int begin = 0;
  int end = 0;
  int size = 0;  // with the padding inside the window
  friend bool operator==(const Window&, const Window&) = default;
};

// The kernel fits into the padded input, as nn::infer makes sure.
int count_windows(int inputs, int kernel, int stride, int padding);
std::vector<Window> sliding_windows(int inputs, int kernel, int stride, int padding);

// torch.nn.AdaptiveAvgPool2d's: from floor(i * inputs / outputs) up to ceil((i + 1) * inputs / outputs).
std::vector<Window> adaptive_windows(int inputs, int outputs);

}  // namespace rung::kernels

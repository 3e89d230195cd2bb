// Which positions of its input each position of a layer's output reads.
#pragma once

#include <vector>

#include "kernels/window.h"
#include "nn/shape.h"

namespace rung::nn {

struct Windows {
  std::vector<kernels::Window> rows;
  std::vector<kernels::Window> columns;
  Size2 step{1, 1};  // between the positions that a window reads: a kernel's dilation
};

// Of a kernel that slides over the plane.
Windows sliding_windows(const Shape& input, Size2 kernel, Size2 stride, Size2 padding,
                        Size2 dilation = {1, 1}, kernels::WindowOptions options = {});

// Every position reads the whole plane.
Windows whole_plane(const Shape& input);

}  // namespace rung::nn

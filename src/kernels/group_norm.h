// torch.nn.GroupNorm: each image's channels, in groups of neighbours, get mean 0 and variance 1 (biased) over
// the group's channels and places; then y = weight * x + bias by channel. One image is one lane, so no two
// lanes meet. Shapes use the legend in layout.h; tensors are one block's of 16 images, [C][H][W][16].
#pragma once

#include <cstddef>

namespace rung::kernels {

struct GroupNormShape {
  int channels = 1;
  int groups = 1;    // divides channels
  size_t plane = 1;  // H * W
  float eps = 1e-5F;
};

// weight, bias: [C], or null for 1 and 0.
void group_norm_forward(const GroupNormShape& shape, const float* x, const float* weight, const float* bias,
                        float* y);

// dx, and dweight and dbias [C]; each may be null.
void group_norm_backward(const GroupNormShape& shape, const float* dy, const float* x, const float* weight,
                         float* dx, float* dweight, float* dbias);

namespace reference {

// The same, as plain loops in double.
void group_norm_forward(const GroupNormShape& shape, const float* x, const float* weight, const float* bias,
                        float* y);
void group_norm_backward(const GroupNormShape& shape, const float* dy, const float* x, const float* weight,
                         float* dx, float* dweight, float* dbias);

}  // namespace reference
}  // namespace rung::kernels

// Convolution written as its definition, one lane at a time, summed in double.
#include <vector>

#include "kernels/conv2d.h"

namespace rung::kernels::reference {
namespace {

// Calls visit(y index, x index, weight index) for every product of the convolution of one lane.
template <typename Visit>
void for_each_product(const ConvShape& s, Visit visit) {
  const auto at = [](int c, int y, int x, int height, int width) {
    return ((static_cast<size_t>(c) * height + y) * width + x) * kLanes;
  };
  for (int k = 0; k < s.out_channels; ++k) {
    const int first_input = k / s.group_outputs() * s.group_inputs();
    for (int oy = 0; oy < s.out_height(); ++oy) {
      for (int ox = 0; ox < s.out_width(); ++ox) {
        for (int tap = 0; tap < s.taps(); ++tap) {
          const int c = first_input + tap / (s.kernel_h * s.kernel_w);
          const int iy = oy * s.stride_h - s.pad_h + tap / s.kernel_w % s.kernel_h * s.dilation_h;
          const int ix = ox * s.stride_w - s.pad_w + tap % s.kernel_w * s.dilation_w;
          if (iy < 0 || iy >= s.in_height || ix < 0 || ix >= s.in_width) continue;
          visit(at(k, oy, ox, s.out_height(), s.out_width()), at(c, iy, ix, s.in_height, s.in_width),
                static_cast<size_t>(k) * s.taps() + tap);
        }
      }
    }
  }
}

void copy_to_float(const std::vector<double>& from, float* to) {
  for (size_t i = 0; i < from.size(); ++i) to[i] = static_cast<float>(from[i]);
}

}  // namespace

void conv2d_forward(const ConvShape& shape, const float* x, const float* weights, const float* bias,
                    float* y) {
  const size_t plane = static_cast<size_t>(shape.out_height()) * shape.out_width() * kLanes;
  std::vector<double> sums(plane * shape.out_channels);
  for (size_t i = 0; bias != nullptr && i < sums.size(); ++i) sums[i] = bias[i / plane];
  for_each_product(shape, [&](size_t out, size_t in, size_t weight) {
    for (size_t lane = 0; lane < kLanes; ++lane) sums[out + lane] += double{weights[weight]} * x[in + lane];
  });
  copy_to_float(sums, y);
}

void conv2d_input_gradient(const ConvShape& shape, const float* dy, const float* weights, float* dx) {
  std::vector<double> sums(block_floats(shape.in_channels, shape.in_height, shape.in_width));
  for_each_product(shape, [&](size_t out, size_t in, size_t weight) {
    for (size_t lane = 0; lane < kLanes; ++lane) sums[in + lane] += double{weights[weight]} * dy[out + lane];
  });
  copy_to_float(sums, dx);
}

void conv2d_weight_gradient(const ConvShape& shape, const float* x, const float* dy, float* dweights,
                            float* dbias) {
  std::vector<double> sums(shape.weights());
  for_each_product(shape, [&](size_t out, size_t in, size_t weight) {
    for (size_t lane = 0; lane < kLanes; ++lane) sums[weight] += double{x[in + lane]} * dy[out + lane];
  });
  copy_to_float(sums, dweights);
  if (dbias == nullptr) return;
  const size_t plane = static_cast<size_t>(shape.out_height()) * shape.out_width() * kLanes;
  for (int k = 0; k < shape.out_channels; ++k) {
    double sum = 0;
    for (size_t i = 0; i < plane; ++i) sum += dy[static_cast<size_t>(k) * plane + i];
    dbias[k] = static_cast<float>(sum);
  }
}

}  // namespace rung::kernels::reference

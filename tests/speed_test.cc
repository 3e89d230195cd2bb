// Guards the kernels' speed by a ratio within one run: each kernel against a plain loop over the same
// tensors, which the compiler vectorises as well as it can. A kernel that falls back to something slow fails
// clearly; a noisy machine slows both.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>

#include "kernel_testing.h"
#include "kernels/conv2d.h"

namespace rung::kernels {
namespace {

using rung::testing::random_values;

// The measured gain of the kernels over the plain loops is about three times this.
constexpr double kLeastGain = 3;

double best_seconds(const std::function<void()>& run) {
  using Clock = std::chrono::steady_clock;
  double best = 1e9;
  for (int i = 0; i < 30; ++i) {
    const auto start = Clock::now();
    run();
    best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return best;
}

// Calls add(y, x, weight) with pointers to 16 lanes of the output and the input and to the weight of every
// product.
template <typename Add>
void plain_loop(const ConvShape& s, const float* x, float* y, const float* weights, Add add) {
  const auto in = dense_view(x, s.in_height, s.in_width);
  const auto out = dense_view(y, s.out_height(), s.out_width());
  for (int k = 0; k < s.out_channels; ++k) {
    for (int row = 0; row < s.out_height(); ++row) {
      for (int col = 0; col < s.out_width(); ++col) {
        for (int tap = 0; tap < s.taps(); ++tap)
          add(out.at(k, row, col), in.at(tap / 9, row + tap / 3 % 3, col + tap % 3),
              weights + k * s.taps() + tap);
      }
    }
  }
}

class SpeedTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (simd_target() == "scalar") GTEST_SKIP() << "no vector instructions on this machine";
#if !defined(__OPTIMIZE__) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "not an optimised build";
#endif
  }

  const ConvShape shape_{10, 26, 26, 10, 3, 3};
  AlignedBuffer<float> x_ = random_values(block_floats(10, 26, 26), 1);
  AlignedBuffer<float> y_ = random_values(block_floats(10, 24, 24), 2);
  AlignedBuffer<float> weights_ = random_values(shape_.weights(), 3);
  AlignedBuffer<float> packed_ = AlignedBuffer<float>(shape_.weights());
};

TEST_F(SpeedTest, ForwardBeatsAPlainLoop) {
  pack_for_forward(shape_, weights_.data(), packed_.data());
  const double plain = best_seconds([&] {
    std::fill_n(y_.data(), y_.size(), 0.0F);
    plain_loop(shape_, x_.data(), y_.data(), weights_.data(), [](float* y, const float* x, const float* w) {
      for (int lane = 0; lane < kLanes; ++lane) y[lane] += *w * x[lane];
    });
  });
  const double kernel = best_seconds([&] {
    conv2d_forward(shape_, dense_view(static_cast<const float*>(x_.data()), 26, 26), packed_.data(), nullptr,
                   y_.data());
  });
  EXPECT_GT(plain / kernel, kLeastGain) << "kernel " << kernel << " s, plain loop " << plain << " s";
}

TEST_F(SpeedTest, WeightGradientBeatsAPlainLoop) {
  AlignedBuffer<float> lanes(shape_.weights() * kLanes);
  AlignedBuffer<float> gradient(shape_.weights());
  const double plain = best_seconds([&] {
    plain_loop(shape_, x_.data(), y_.data(), weights_.data(),
               [&](const float* dy, const float* x, const float* w) {
                 float* sums = lanes.data() + (w - weights_.data()) * kLanes;
                 for (int lane = 0; lane < kLanes; ++lane) sums[lane] += dy[lane] * x[lane];
               });
  });
  const double kernel = best_seconds([&] {
    conv2d_weight_gradient(shape_, dense_view(static_cast<const float*>(x_.data()), 26, 26),
                           dense_view(static_cast<const float*>(y_.data()), 24, 24), lanes.data(),
                           gradient.data(), nullptr);
  });
  EXPECT_GT(plain / kernel, kLeastGain) << "kernel " << kernel << " s, plain loop " << plain << " s";
}

}  // namespace
}  // namespace rung::kernels

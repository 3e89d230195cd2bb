// The parts of batch norm (torch.nn.BatchNorm2d; Ioffe and Szegedy, 2015) that are not elementwise: from the
// blocks' sums to one scale and shift per channel, and from the gradients' sums to the coefficients of the
// input's gradient. The elementwise parts are in activation.h. Everything here is a few numbers per channel,
// in double, in a fixed order.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/activation.h"
#include "kernels/conv2d.h"

namespace rung::kernels {

// Count, mean and sum of squared deviations of a set of values.
struct Moments {
  double count = 0;
  double mean = 0;
  double squares = 0;
};

// Moments of the union of two disjoint sets (Chan, Golub, LeVeque, 1979).
Moments merge(const Moments& a, const Moments& b);

// The moments of every channel of one block, from the sums over y [K][height][width][16]. Lanes from `lanes`
// upwards are left out.
void block_moments(const MomentSums& sums, const float* y, int height, int width, int lanes,
                   std::span<Moments> channels);
void block_moments(const MomentSums& sums, const Bf16Pair* y, int height, int width, int lanes,
                   std::span<Moments> channels);

// Learned values of one layer, [C] each, and its options.
struct BatchNormParams {
  std::span<const float> weight;
  std::span<const float> bias;
  double eps = 1e-5;
  double momentum = 0.1;
};

struct BatchNormBatch {
  std::span<float> mean;
  std::span<float> inverse_std;  // 1 / sqrt(biased variance + eps)
  std::span<float> scale;        // y = x * scale + shift
  std::span<float> shift;
};

// Training: statistics of the batch from the blocks' moments [B][C]; also updates the running statistics by
// `momentum`, with the unbiased variance. Throws UsageError if a channel has fewer than two values.
void batch_norm_statistics(const BatchNormParams& params, std::span<const Moments> blocks,
                           BatchNormBatch batch, std::span<float> running_mean, std::span<float> running_var);

// Evaluation: scale and shift from the running statistics.
void batch_norm_running(const BatchNormParams& params, std::span<const float> running_mean,
                        std::span<const float> running_var, std::span<float> scale, std::span<float> shift);

// Backward: from the blocks' sums [B][C][2] of activation_backward_sums, the gradients of weight and bias,
// and the coefficients of dx. `count` is the number of values per channel in the batch.
struct BatchNormGradient {
  std::span<float> dweight;
  std::span<float> dbias;
  std::span<float> gradient;  // NormGradient's coefficients
  std::span<float> value;
  std::span<float> constant;
};
void batch_norm_gradient(const BatchNormParams& params, const BatchNormBatch& batch,
                         std::span<const float> block_sums, int64_t count, BatchNormGradient out);

}  // namespace rung::kernels

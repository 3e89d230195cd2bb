#include "kernels/batch_norm.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace rung::kernels {
namespace {

template <typename Element>
void moments_of(const MomentSums& sums, const Element* y, int height, int width, int lanes,
                std::span<Moments> channels) {
  const int rows = moment_rows(width);
  const size_t plane = block_floats(1, height, width);
  for (size_t c = 0; c < channels.size(); ++c) {
    Moments total;
    for (int lane = 0; lane < lanes; ++lane) {
      for (int row = 0, band = 0; row < height; row += rows, ++band) {
        const size_t at = (band * channels.size() + c) * kLanes + lane;
        const double count = static_cast<double>(std::min(rows, height - row)) * width;
        const size_t first = static_cast<size_t>(row) * width * kLanes + lane;
        const double pivot =
            value_of(y[c / kChannelsOf<Element> * plane + first], static_cast<int>(c % kChannelsOf<Element>));
        const double sum = sums.sum[at];
        const double squares = std::max(sums.squares[at] - sum * sum / count, 0.0);
        total = merge(total, {count, pivot + sum / count, squares});
      }
    }
    channels[c] = total;
  }
}

}  // namespace

Moments merge(const Moments& a, const Moments& b) {
  if (a.count == 0) return b;
  if (b.count == 0) return a;
  const double count = a.count + b.count;
  const double delta = b.mean - a.mean;
  return {count, a.mean + delta * (b.count / count),
          a.squares + b.squares + delta * delta * (a.count * b.count / count)};
}

void block_moments(const MomentSums& sums, const float* y, int height, int width, int lanes,
                   std::span<Moments> channels) {
  moments_of(sums, y, height, width, lanes, channels);
}
void block_moments(const MomentSums& sums, const Bf16Pair* y, int height, int width, int lanes,
                   std::span<Moments> channels) {
  moments_of(sums, y, height, width, lanes, channels);
}

void batch_norm_statistics(const BatchNormParams& params, std::span<const Moments> blocks,
                           BatchNormBatch batch, std::span<float> running_mean,
                           std::span<float> running_var) {
  const size_t channels = params.weight.size();
  for (size_t c = 0; c < channels; ++c) {
    Moments all;
    for (size_t at = c; at < blocks.size(); at += channels) all = merge(all, blocks[at]);
    if (all.count < 2)
      throw UsageError("batch norm needs more than one value per channel to train",
                       "use a larger batch, or drop the batch norm where the image is 1x1");
    const double variance = all.squares / all.count;
    const double inverse_std = 1.0 / std::sqrt(variance + params.eps);
    batch.mean[c] = static_cast<float>(all.mean);
    batch.inverse_std[c] = static_cast<float>(inverse_std);
    batch.scale[c] = static_cast<float>(params.weight[c] * inverse_std);
    batch.shift[c] = static_cast<float>(params.bias[c] - all.mean * params.weight[c] * inverse_std);
    const double unbiased = all.squares / (all.count - 1);
    running_mean[c] =
        static_cast<float>((1 - params.momentum) * running_mean[c] + params.momentum * all.mean);
    running_var[c] = static_cast<float>((1 - params.momentum) * running_var[c] + params.momentum * unbiased);
  }
}

void batch_norm_running(const BatchNormParams& params, std::span<const float> running_mean,
                        std::span<const float> running_var, std::span<float> scale, std::span<float> shift) {
  for (size_t c = 0; c < scale.size(); ++c) {
    const double factor = params.weight[c] / std::sqrt(running_var[c] + params.eps);
    scale[c] = static_cast<float>(factor);
    shift[c] = static_cast<float>(params.bias[c] - running_mean[c] * factor);
  }
}

void batch_norm_gradient(const BatchNormParams& params, const BatchNormBatch& batch,
                         std::span<const float> block_sums, int64_t count, BatchNormGradient out) {
  const size_t channels = params.weight.size();
  for (size_t c = 0; c < channels; ++c) {
    double sum = 0;
    double centred_sum = 0;
    for (size_t at = 2 * c; at < block_sums.size(); at += 2 * channels) {
      sum += block_sums[at];
      centred_sum += block_sums[at + 1];
    }
    const double inverse_std = batch.inverse_std[c];
    const double factor = params.weight[c] * inverse_std;
    out.dbias[c] = static_cast<float>(sum);
    out.dweight[c] = static_cast<float>(centred_sum * inverse_std);
    // dx = factor * (g - mean(g) - x_hat * mean(g * x_hat)) with x_hat = (x - mean) * inverse_std
    const auto n = static_cast<double>(count);
    out.gradient[c] = static_cast<float>(factor);
    out.value[c] = static_cast<float>(-factor * inverse_std * inverse_std * centred_sum / n);
    out.constant[c] = static_cast<float>(-factor * sum / n);
  }
}

}  // namespace rung::kernels

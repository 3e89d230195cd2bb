// Group norm from its definition, in double.
#include <cmath>
#include <vector>

#include "kernels/layout.h"
#include "nn/layers/group_norm.h"

namespace rung::kernels::reference {
namespace {

// Calls visit(element, channel) for all elements of a group of channels in one lane.
template <typename Visit>
void for_each(const GroupNormShape& s, size_t group, size_t lane, Visit visit) {
  const size_t channels = static_cast<size_t>(s.channels / s.groups);
  for (size_t c = group * channels; c < (group + 1) * channels; ++c)
    for (size_t p = 0; p < s.plane; ++p) visit((c * s.plane + p) * kLanes + lane, c);
}

struct Moments {
  double mean = 0;
  double inverse_std = 0;
  double count = 0;
};

Moments moments_of(const GroupNormShape& s, const float* x, size_t group, size_t lane) {
  const int channels = s.channels / s.groups;
  Moments m{.count = static_cast<double>(s.plane) * channels};
  for_each(s, group, lane, [&](size_t i, size_t) { m.mean += x[i] / m.count; });
  double variance = 0;
  for_each(s, group, lane,
           [&](size_t i, size_t) { variance += (x[i] - m.mean) * (x[i] - m.mean) / m.count; });
  m.inverse_std = 1 / std::sqrt(variance + double{s.eps});
  return m;
}

double factor(const float* weight, size_t channel) {
  return weight == nullptr ? 1 : double{weight[channel]};
}

}  // namespace

void group_norm_forward(const GroupNormShape& s, const float* x, const float* weight, const float* bias,
                        float* y) {
  for (size_t group = 0; group < static_cast<size_t>(s.groups); ++group) {
    for (size_t lane = 0; lane < kLanes; ++lane) {
      const Moments m = moments_of(s, x, group, lane);
      for_each(s, group, lane, [&](size_t i, size_t c) {
        y[i] = static_cast<float>((x[i] - m.mean) * m.inverse_std * factor(weight, c) +
                                  (bias == nullptr ? 0 : double{bias[c]}));
      });
    }
  }
}

void group_norm_backward(const GroupNormShape& s, const float* dy, const float* x, const float* weight,
                         float* dx, float* dweight, float* dbias) {
  std::vector<double> weights(static_cast<size_t>(s.channels)), biases(static_cast<size_t>(s.channels));
  for (size_t group = 0; group < static_cast<size_t>(s.groups); ++group) {
    for (size_t lane = 0; lane < kLanes; ++lane) {
      const Moments m = moments_of(s, x, group, lane);
      const auto normal = [&](size_t i) { return (x[i] - m.mean) * m.inverse_std; };
      double mean = 0;      // of the gradient of the normalised values
      double together = 0;  // of it times them
      for_each(s, group, lane, [&](size_t i, size_t c) {
        mean += dy[i] * factor(weight, c) / m.count;
        together += dy[i] * factor(weight, c) * normal(i) / m.count;
        weights[c] += dy[i] * normal(i);
        biases[c] += dy[i];
      });
      if (dx == nullptr) continue;
      for_each(s, group, lane, [&](size_t i, size_t c) {
        dx[i] = static_cast<float>((dy[i] * factor(weight, c) - mean - normal(i) * together) * m.inverse_std);
      });
    }
  }
  for (size_t c = 0; c < weights.size(); ++c) {
    if (dweight != nullptr) dweight[c] = static_cast<float>(weights[c]);
    if (dbias != nullptr) dbias[c] = static_cast<float>(biases[c]);
  }
}

}  // namespace rung::kernels::reference

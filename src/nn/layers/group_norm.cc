// Two passes over a group's channels, the mean and then the variance around it, so that a large mean costs no
// digits.
#include "nn/layers/group_norm.h"

#include <fmt/format.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "nn/layers/group_norm.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rung::kernels::HWY_NAMESPACE {
namespace {

// Where the channels of a group begin and end, and one vector of its lanes.
struct Part {
  size_t first_channel;
  size_t end_channel;
  size_t plane_floats;  // from a channel to the next
  size_t lane;          // the first

  size_t begin() const { return first_channel * plane_floats + lane; }
  size_t end() const { return end_channel * plane_floats + lane; }
  size_t values() const { return (end() - begin()) / kLanes; }  // of one lane
};

Part part_of(const GroupNormShape& s, size_t group, size_t lane) {
  const auto channels = static_cast<size_t>(s.channels / s.groups);
  return {group * channels, (group + 1) * channels, s.plane * kLanes, lane};
}

struct Moments {
  V mean;
  V inverse_std;
};

Moments moments_of(const GroupNormShape& s, const float* x, const Part& part) {
  const D d;
  const V share = hn::Set(d, 1.0F / static_cast<float>(part.values()));
  V sum = hn::Zero(d);
  for (size_t at = part.begin(); at < part.end(); at += kLanes) sum = hn::Add(sum, hn::LoadU(d, x + at));
  const V mean = hn::Mul(sum, share);
  V squares = hn::Zero(d);
  for (size_t at = part.begin(); at < part.end(); at += kLanes) {
    const V distance = hn::Sub(hn::LoadU(d, x + at), mean);
    squares = hn::MulAdd(distance, distance, squares);
  }
  const V variance = hn::MulAdd(squares, share, hn::Set(d, s.eps));
  return {mean, hn::Div(hn::Set(d, 1.0F), hn::Sqrt(variance))};
}

V value_or(const float* values, size_t channel, float otherwise) {
  const D d;
  return hn::Set(d, values == nullptr ? otherwise : values[channel]);
}

void normalise(const GroupNormShape& s, const float* x, const float* weight, const float* bias, float* y) {
  const D d;
  for (size_t group = 0; group < static_cast<size_t>(s.groups); ++group) {
    for (size_t lane = 0; lane < kLanes; lane += kVector) {
      const Part part = part_of(s, group, lane);
      const Moments m = moments_of(s, x, part);
      for (size_t c = part.first_channel; c < part.end_channel; ++c) {
        const V scale = hn::Mul(m.inverse_std, value_or(weight, c, 1));
        const V offset = value_or(bias, c, 0);
        const size_t begin = c * part.plane_floats + lane;
        for (size_t at = begin; at < begin + part.plane_floats; at += kLanes)
          hn::StoreU(hn::MulAdd(hn::Sub(hn::LoadU(d, x + at), m.mean), scale, offset), d, y + at);
      }
    }
  }
}

// The sums over one channel's places: of the gradient, and of the gradient times the normalised value.
struct Sums {
  V gradient;
  V product;
};

Sums sums_of(const float* dy, const float* x, const Moments& m, size_t begin, size_t floats) {
  const D d;
  Sums sums{hn::Zero(d), hn::Zero(d)};
  for (size_t at = begin; at < begin + floats; at += kLanes) {
    const V gradient = hn::LoadU(d, dy + at);
    const V normal = hn::Mul(hn::Sub(hn::LoadU(d, x + at), m.mean), m.inverse_std);
    sums.gradient = hn::Add(sums.gradient, gradient);
    sums.product = hn::MulAdd(gradient, normal, sums.product);
  }
  return sums;
}

void write_input_gradient(const GroupNormShape& s, const float* dy, const float* x, const float* weight,
                          const Part& part, const Moments& m, V mean, V together, float* dx) {
  const D d;
  for (size_t c = part.first_channel; c < part.end_channel; ++c) {
    const V factor = value_or(weight, c, 1);
    const size_t begin = c * part.plane_floats + part.lane;
    for (size_t at = begin; at < begin + s.plane * kLanes; at += kLanes) {
      const V normal = hn::Mul(hn::Sub(hn::LoadU(d, x + at), m.mean), m.inverse_std);
      const V rest = hn::NegMulAdd(normal, together, hn::MulSub(hn::LoadU(d, dy + at), factor, mean));
      hn::StoreU(hn::Mul(rest, m.inverse_std), d, dx + at);
    }
  }
}

void gradient(const GroupNormShape& s, const float* dy, const float* x, const float* weight, float* dx,
              float* dweight, float* dbias) {
  const D d;
  const size_t parts = kLanes / kVector;
  Moments moments[kLanes / kVector];
  V means[kLanes / kVector];
  V products[kLanes / kVector];
  alignas(64) float lanes[kLanes];
  alignas(64) float product_lanes[kLanes];
  for (size_t group = 0; group < static_cast<size_t>(s.groups); ++group) {
    for (size_t v = 0; v < parts; ++v) {
      moments[v] = moments_of(s, x, part_of(s, group, v * kVector));
      means[v] = products[v] = hn::Zero(d);
    }
    const Part whole = part_of(s, group, 0);
    for (size_t c = whole.first_channel; c < whole.end_channel; ++c) {
      const V factor = value_or(weight, c, 1);
      for (size_t v = 0; v < parts; ++v) {
        const size_t begin = c * whole.plane_floats + v * kVector;
        const Sums sums = sums_of(dy, x, moments[v], begin, whole.plane_floats);
        means[v] = hn::MulAdd(sums.gradient, factor, means[v]);
        products[v] = hn::MulAdd(sums.product, factor, products[v]);
        hn::Store(sums.gradient, d, lanes + v * kVector);
        hn::Store(sums.product, d, product_lanes + v * kVector);
      }
      if (dbias != nullptr) dbias[c] = sum_lanes(lanes);
      if (dweight != nullptr) dweight[c] = sum_lanes(product_lanes);
    }
    if (dx == nullptr) continue;
    const V share = hn::Set(d, 1.0F / static_cast<float>(whole.values()));
    for (size_t v = 0; v < parts; ++v)
      write_input_gradient(s, dy, x, weight, part_of(s, group, v * kVector), moments[v],
                           hn::Mul(means[v], share), hn::Mul(products[v], share), dx);
  }
}

}  // namespace
}  // namespace rung::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rung::kernels {

HWY_EXPORT(normalise);
HWY_EXPORT(gradient);

void group_norm_forward(const GroupNormShape& shape, const float* x, const float* weight, const float* bias,
                        float* y) {
  HWY_DYNAMIC_DISPATCH(normalise)(shape, x, weight, bias, y);
}
void group_norm_backward(const GroupNormShape& shape, const float* dy, const float* x, const float* weight,
                         float* dx, float* dweight, float* dbias) {
  HWY_DYNAMIC_DISPATCH(gradient)(shape, dy, x, weight, dx, dweight, dbias);
}

}  // namespace rung::kernels

namespace rung::nn {
namespace {

class GroupNormRunner final : public LayerRunner {
 public:
  GroupNormRunner(const GroupNorm& norm, const Shape& input, const AddParameter& add)
      : shape_{.channels = input.channels,
               .groups = norm.num_groups,
               .plane = static_cast<size_t>(input.height) * static_cast<size_t>(input.width),
               .eps = static_cast<float>(norm.eps)} {
    if (!norm.affine) return;
    weight_ = add("weight", {input.channels}, 1);
    bias_ = add("bias", {input.channels}, 0);
  }

  std::string describe() const override { return "group norm"; }

  void forward(std::span<const float> parameters, const float* x, float* y) const override {
    kernels::group_norm_forward(shape_, x, at(parameters.data(), weight_), at(parameters.data(), bias_), y);
  }

  void backward(std::span<const float> parameters, const float* dy, const float* x, float* dx,
                float* gradient) const override {
    kernels::group_norm_backward(shape_, dy, x, at(parameters.data(), weight_), dx, at(gradient, weight_),
                                 at(gradient, bias_));
  }

 private:
  // Null if there are no parameters, or not this one.
  template <typename Float>
  static Float* at(Float* parameters, std::optional<size_t> offset) {
    return parameters == nullptr || !offset ? nullptr : parameters + *offset;
  }

  kernels::GroupNormShape shape_;
  std::optional<size_t> weight_;
  std::optional<size_t> bias_;
};

}  // namespace

void GroupNorm::infer(const LayerPlace& /*place*/, LayerInfo& info) const {
  if (info.input.channels % num_groups != 0)
    throw UnfitLayer{
        fmt::format("num_groups = {} does not divide its {} channels", num_groups, info.input.channels)};
  if (affine) info.params = 2 * int64_t{info.input.channels};
}

std::shared_ptr<const LayerRunner> GroupNorm::runner(const Shape& input, const AddParameter& add) const {
  return std::make_shared<GroupNormRunner>(*this, input, add);
}

}  // namespace rung::nn
#endif  // HWY_ONCE

// torch.nn.GroupNorm: each image's channels, in groups of neighbours, get mean 0 and variance 1 (biased) over
// the group's channels and places; then y = weight * x + bias by channel. Wu and He, "Group normalization",
// 2018.
#pragma once

#include <string_view>
#include <tuple>

#include "base/fields.h"
#include "nn/layer.h"

namespace rung::nn {

struct GroupNorm {
  int num_groups = 1;
  double eps = 1e-5;
  bool affine = true;
  friend bool operator==(const GroupNorm&, const GroupNorm&) = default;

  static constexpr std::string_view kName = "group_norm";
  static constexpr std::string_view kTorchName = "GroupNorm";
  static constexpr auto fields() {
    return std::tuple(field("num_groups", &GroupNorm::num_groups)
                          .required()
                          .within(1, kMaxChannels)
                          .kind()
                          .means("divides the channels"),
                      field("eps", &GroupNorm::eps).within(NumberRange::left_open(0, 1)),
                      field("affine", &GroupNorm::affine).means("a weight and a bias for each channel"));
  }

  void infer(const LayerPlace& place, LayerInfo& info) const;
  // Its statistics are those of a group's whole planes.
  static Windows windows(const Shape& input) { return whole_plane(input); }
  ChannelGroups channel_groups(const Shape& input) const { return {num_groups, input.channels}; }
  std::shared_ptr<const LayerRunner> runner(const Shape& input, const AddParameter& add) const;
};

}  // namespace rung::nn

// Its kernel. Shapes use the legend in kernels/layout.h; tensors are one block's of 16 images, [C][H][W][16].
// One image is one lane, so no two lanes meet.
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

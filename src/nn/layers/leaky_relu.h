#pragma once

#include <string_view>
#include <tuple>

#include "base/fields.h"
#include "nn/layer.h"

namespace rung::nn {

inline constexpr double kMostSlope = 1'000;

// torch.nn.LeakyReLU: x if it is positive, else negative_slope * x.
struct LeakyRelu {
  double negative_slope = 0.01;
  friend bool operator==(const LeakyRelu&, const LeakyRelu&) = default;

  static constexpr std::string_view kName = "leaky_relu";
  static constexpr std::string_view kTorchName = "LeakyReLU";
  static constexpr auto fields() {
    return std::tuple(field("negative_slope", &LeakyRelu::negative_slope).within(-kMostSlope, kMostSlope));
  }

  std::shared_ptr<const LayerRunner> runner(const Shape& input, const AddParameter& add) const;
};

// torch.nn.PReLU: a LeakyReLU that learns its slope, one for all channels or one for each (then
// num_parameters is the number of channels).
struct PRelu {
  int num_parameters = 1;
  double init = 0.25;
  friend bool operator==(const PRelu&, const PRelu&) = default;

  static constexpr std::string_view kName = "prelu";
  static constexpr std::string_view kTorchName = "PReLU";
  static constexpr auto fields() {
    return std::tuple(
        field("num_parameters", &PRelu::num_parameters)
            .within(1, kMaxChannels)
            .means("1: one slope for all channels; the number of channels: one each"),
        field("init", &PRelu::init).within(-kMostSlope, kMostSlope).means("the slopes' initial value"));
  }

  void infer(const LayerPlace& place, LayerInfo& info) const;
  std::shared_ptr<const LayerRunner> runner(const Shape& input, const AddParameter& add) const;
};

}  // namespace rung::nn

#pragma once

#include <string_view>
#include <tuple>

#include "base/fields.h"
#include "nn/layer.h"

namespace rung::nn {

// torch.nn.Linear over C*H*W input features.
struct Linear {
  int out_features = 0;
  bool bias = true;
  friend bool operator==(const Linear&, const Linear&) = default;

  static constexpr std::string_view kName = "linear";
  static constexpr std::string_view kTorchName = "Linear";
  static constexpr auto fields() {
    return std::tuple(field("out_features", &Linear::out_features)
                          .required()
                          .within(1, kMaxChannels)
                          .means("needs `flatten` before it unless its input is 1 × 1"),
                      field("bias", &Linear::bias));
  }

  void infer(const LayerPlace& place, LayerInfo& info) const;
  ChannelGroups channel_groups(const Shape& /*input*/) const { return {1, out_features}; }
};

}  // namespace rung::nn

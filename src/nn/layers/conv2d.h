#pragma once

#include <string_view>
#include <tuple>

#include "base/fields.h"
#include "nn/layer.h"

namespace rung::nn {

// torch.nn.Conv2d: cross-correlation, weight [out_channels, in_channels/groups, kernel h, kernel w].
struct Conv2d {
  int out_channels = 0;
  Size2 kernel_size;
  Size2 stride{1, 1};
  Size2 padding{0, 0};
  Size2 dilation{1, 1};
  int groups = 1;
  bool bias = true;
  friend bool operator==(const Conv2d&, const Conv2d&) = default;

  static constexpr std::string_view kName = "conv2d";
  static constexpr std::string_view kTorchName = "Conv2d";
  static constexpr auto fields() {
    return std::tuple(
        field("out_channels", &Conv2d::out_channels)
            .required()
            .within(1, kMaxChannels)
            .or_word("in_channels")
            .means("`\"in_channels\"`: as many as the input has"),
        field("kernel_size", &Conv2d::kernel_size).required().within(1, kMaxSide).in("pixels").kind(),
        field("stride", &Conv2d::stride).within(1, kMaxSide).in("pixels"),
        field("padding", &Conv2d::padding).within(0, kMaxSide).in("pixels").means("of zeros on each side"),
        field("dilation", &Conv2d::dilation)
            .within(1, kMaxSide)
            .in("pixels")
            .quiet()
            .kind()
            .means(
                "from one element of the kernel to the next; it covers `dilation` · (`kernel_size` - 1) + 1"),
        field("groups", &Conv2d::groups)
            .within(1, kMaxChannels)
            .or_word("in_channels")
            .means("divides input and output channels; `\"in_channels\"`: one group per input channel"),
        field("bias", &Conv2d::bias));
  }

  void infer(const LayerPlace& place, LayerInfo& info) const;
  Windows windows(const Shape& input) const {
    return sliding_windows(input, kernel_size, stride, padding, dilation);
  }
  ChannelGroups channel_groups(const Shape& /*input*/) const { return {groups, out_channels}; }
};

}  // namespace rung::nn

#pragma once

#include <string_view>
#include <tuple>

#include "base/fields.h"
#include "kernels/pooling.h"
#include "nn/layer.h"

namespace rung::nn {

// The fields that both sliding poolings have.
template <typename Pool>
constexpr auto window_fields(std::string_view padding) {
  return std::tuple(
      field("kernel_size", &Pool::kernel_size).required().within(1, kMaxSide).in("pixels").kind(),
      field("stride", &Pool::stride).like(&Pool::kernel_size).within(1, kMaxSide).in("pixels").quiet().kind(),
      field("padding", &Pool::padding).within(0, kMaxSide).in("pixels").quiet().kind().means(padding),
      field("ceil_mode", &Pool::ceil_mode).quiet().kind().means("a last window may reach past the end"));
}

// torch.nn.MaxPool2d and AvgPool2d. A maximum does not see the padding; a mean counts it as zeros, unless
// count_include_pad is false. The padding is at most half of the kernel. With ceil_mode a last window may
// reach past the padded input.
struct MaxPool2d {
  Size2 kernel_size;
  Size2 stride = kernel_size;
  Size2 padding{0, 0};
  bool ceil_mode = false;
  friend bool operator==(const MaxPool2d&, const MaxPool2d&) = default;

  static constexpr std::string_view kName = "max_pool2d";
  static constexpr std::string_view kTorchName = "MaxPool2d";
  static constexpr auto fields() {
    return window_fields<MaxPool2d>("at most half of `kernel_size`; smaller than any value");
  }

  void infer(const LayerPlace& place, LayerInfo& info) const;
  Windows windows(const Shape& input) const;
};
struct AvgPool2d {
  Size2 kernel_size;
  Size2 stride = kernel_size;
  Size2 padding{0, 0};
  bool ceil_mode = false;
  bool count_include_pad = true;
  friend bool operator==(const AvgPool2d&, const AvgPool2d&) = default;

  static constexpr std::string_view kName = "avg_pool2d";
  static constexpr std::string_view kTorchName = "AvgPool2d";
  static constexpr auto fields() {
    return std::tuple_cat(window_fields<AvgPool2d>("at most half of `kernel_size`; zeros"),
                          std::tuple(field("count_include_pad", &AvgPool2d::count_include_pad)
                                         .quiet()
                                         .kind()
                                         .means("the mean divides by the padding, too")));
  }

  void infer(const LayerPlace& place, LayerInfo& info) const;
  Windows windows(const Shape& input) const;
};

// torch.nn.AdaptiveAvgPool2d: means over windows that cover the plane, one for each output; with one output
// the mean of the plane.
struct AdaptiveAvgPool2d {
  Size2 output_size{1, 1};
  friend bool operator==(const AdaptiveAvgPool2d&, const AdaptiveAvgPool2d&) = default;

  static constexpr std::string_view kName = "adaptive_avg_pool2d";
  static constexpr std::string_view kTorchName = "AdaptiveAvgPool2d";
  static constexpr auto fields() {
    return std::tuple(field("output_size", &AdaptiveAvgPool2d::output_size)
                          .required()
                          .within(1, kMaxSide)
                          .kind()
                          .means("1 is the mean of each plane"));
  }

  void infer(const LayerPlace& place, LayerInfo& info) const;
  Windows windows(const Shape& input) const;
};

// A pooling by itself. (Windows that tile the plane are pooled with what comes before; see plan.cc.)
std::shared_ptr<const LayerRunner> pooling_runner(kernels::Pooling pooling, const Shape& input,
                                                  Windows windows);

}  // namespace rung::nn

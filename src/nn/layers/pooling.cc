#include "nn/layers/pooling.h"

#include <fmt/format.h>

#include <utility>

namespace rung::nn {
namespace {

template <typename Pool>
void infer_sliding(const Pool& pool, const LayerPlace& place, LayerInfo& info) {
  const Size2 kernel = pool.kernel_size;
  if (2 * int64_t{pool.padding.h} > kernel.h || 2 * int64_t{pool.padding.w} > kernel.w)
    throw UnfitLayer{fmt::format("padding must be at most half of its {} kernel, not {}", to_text(kernel),
                                 to_text(pool.padding))};
  slide(place, kernel, pool.stride, pool.padding, /*dilation=*/{1, 1}, pool.ceil_mode, info);
}

class PoolingRunner final : public LayerRunner {
 public:
  PoolingRunner(kernels::Pooling pooling, const Shape& input, Windows windows)
      : shape_{pooling,     input.channels,          input.height,
               input.width, std::move(windows.rows), std::move(windows.columns)} {}

  std::string describe() const override { return "pool"; }
  std::optional<Windows> windows() const override { return Windows{shape_.rows, shape_.columns}; }

  void forward(std::span<const float> /*parameters*/, const float* x, float* y) const override {
    kernels::pool_forward(shape_, x, y);
  }

  void backward(std::span<const float> /*parameters*/, const float* dy, const float* x, float* dx,
                float* /*gradient*/) const override {
    if (dx != nullptr) kernels::pool_backward(shape_, dy, x, dx);
  }

 private:
  kernels::PoolShape shape_;
};

}  // namespace

void MaxPool2d::infer(const LayerPlace& place, LayerInfo& info) const {
  infer_sliding(*this, place, info);
}
Windows MaxPool2d::windows(const Shape& input) const {
  return sliding_windows(input, kernel_size, stride, padding, /*dilation=*/{1, 1}, {.ceil_mode = ceil_mode});
}

void AvgPool2d::infer(const LayerPlace& place, LayerInfo& info) const {
  infer_sliding(*this, place, info);
}
Windows AvgPool2d::windows(const Shape& input) const {
  return sliding_windows(input, kernel_size, stride, padding, /*dilation=*/{1, 1},
                         {ceil_mode, count_include_pad});
}

void AdaptiveAvgPool2d::infer(const LayerPlace& place, LayerInfo& info) const {
  info.output = {info.input.channels, output_size.h, output_size.w};
  const auto stride = [](int inputs, int outputs, int image) {
    return outputs == 1 ? image : (inputs + outputs - 1) / outputs;
  };
  info.jump = jump_after(info.jump,
                         {stride(info.input.height, output_size.h, place.image.h),
                          stride(info.input.width, output_size.w, place.image.w)},
                         place.image);
}
Windows AdaptiveAvgPool2d::windows(const Shape& input) const {
  return {kernels::adaptive_windows(input.height, output_size.h),
          kernels::adaptive_windows(input.width, output_size.w)};
}

std::shared_ptr<const LayerRunner> pooling_runner(kernels::Pooling pooling, const Shape& input,
                                                  Windows windows) {
  return std::make_shared<PoolingRunner>(pooling, input, std::move(windows));
}

}  // namespace rung::nn

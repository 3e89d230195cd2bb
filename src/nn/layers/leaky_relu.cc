#include "nn/layers/leaky_relu.h"

#include <fmt/format.h>

#include "kernels/elementwise.h"

namespace rung::nn {
namespace {

kernels::ElementwiseShape shape_of(const Shape& input) {
  return {input.channels, static_cast<size_t>(input.height) * static_cast<size_t>(input.width)};
}

// One slope, given or learned, or one learned slope for each channel.
class LeakyReluRunner final : public LayerRunner {
 public:
  LeakyReluRunner(const LeakyRelu& relu, const Shape& input)
      : shape_(shape_of(input)), slope_(static_cast<float>(relu.negative_slope)) {}
  LeakyReluRunner(const PRelu& relu, const Shape& input, const AddParameter& add)
      : shape_(shape_of(input)),
        weight_(add("weight", {relu.num_parameters}, relu.init)),
        learnt_(static_cast<size_t>(relu.num_parameters)) {}

  std::string describe() const override { return learnt_ > 0 ? "prelu" : "leaky relu"; }

  void forward(std::span<const float> parameters, const float* x, float* y) const override {
    kernels::leaky_relu_forward(shape_, x, slopes(parameters), y);
  }

  void backward(std::span<const float> parameters, const float* dy, const float* x, float* dx,
                float* gradient) const override {
    std::span<float> dslope;
    if (gradient != nullptr) dslope = {gradient + weight_, learnt_};
    kernels::leaky_relu_backward(shape_, dy, x, slopes(parameters), dx, dslope);
  }

 private:
  std::span<const float> slopes(std::span<const float> parameters) const {
    if (learnt_ == 0) return {&slope_, 1};
    return parameters.subspan(weight_, learnt_);
  }

  kernels::ElementwiseShape shape_;
  float slope_ = 0;    // if none is learned
  size_t weight_ = 0;  // offset into the parameters
  size_t learnt_ = 0;  // slopes among them
};

}  // namespace

std::shared_ptr<const LayerRunner> LeakyRelu::runner(const Shape& input, const AddParameter& /*add*/) const {
  return std::make_shared<LeakyReluRunner>(*this, input);
}

void PRelu::infer(const LayerPlace& /*place*/, LayerInfo& info) const {
  const int channels = info.input.channels;
  if (num_parameters != 1 && num_parameters != channels)
    throw UnfitLayer{
        fmt::format("num_parameters must be 1 or its {} channels, not {}", channels, num_parameters)};
  info.params = num_parameters;
}

std::shared_ptr<const LayerRunner> PRelu::runner(const Shape& input, const AddParameter& add) const {
  return std::make_shared<LeakyReluRunner>(*this, input, add);
}

}  // namespace rung::nn

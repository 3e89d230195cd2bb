#include "nn/layers/functions.h"

#include "kernels/elementwise.h"
#include "kernels/layout.h"

namespace rung::nn {
namespace {

class FunctionRunner final : public LayerRunner {
 public:
  FunctionRunner(kernels::Function function, const Shape& input)
      : function_(function), floats_(kernels::block_floats(input.channels, input.height, input.width)) {}

  std::string describe() const override { return std::string(name_of(function_)); }

  void forward(std::span<const float> /*parameters*/, const float* x, float* y) const override {
    kernels::function_forward(function_, floats_, x, y);
  }

  void backward(std::span<const float> /*parameters*/, const float* dy, const float* x, float* dx,
                float* /*gradient*/) const override {
    if (dx != nullptr) kernels::function_backward(function_, floats_, dy, x, dx);
  }

 private:
  kernels::Function function_;
  size_t floats_;  // of a block
};

}  // namespace

std::shared_ptr<const LayerRunner> function_runner(kernels::Function function, const Shape& input) {
  return std::make_shared<FunctionRunner>(function, input);
}

}  // namespace rung::nn

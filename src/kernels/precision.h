// Of what numbers a training step's activations and their gradients consist between two passes over memory.
#pragma once

#include <string_view>

namespace rung::kernels {

// kBf16: bfloat16. Convolutions between such tensors then round their weights to it, too. Weights themselves,
// sums, statistics, the images and what multiplies them, the logits of a last convolution, and evaluation
// stay floats.
enum class Precision { kFloat32, kBf16 };

constexpr std::string_view name_of(Precision precision) {
  switch (precision) {
    case Precision::kFloat32:
      return "float32";
    case Precision::kBf16:
      return "bf16";
  }
  return "";
}

}  // namespace rung::kernels

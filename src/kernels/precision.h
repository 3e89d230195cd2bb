// Of what numbers a training step's activations and their gradients consist between two passes over memory.
#pragma once

#include <string_view>

namespace rung::kernels {

// kBf16: bfloat16. Convolutions then round their weights to it, too; weights themselves, sums, statistics,
// the images and the logits of a last convolution stay floats, as with PyTorch's autocast; so does
// evaluation.
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

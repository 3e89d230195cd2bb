// The ONNX operators that compute an integer model, in one of the two forms in which runtimes take one.
#pragma once

#include <string>

#include "export/onnx_builder.h"
#include "nn/model_spec.h"
#include "quantise/integer_model.h"

namespace rung::exports {

enum class IntegerForm {
  // Float operators between DequantizeLinear and QuantizeLinear, which a runtime joins to integer ones if it
  // can.
  kQdq,
  // QLinearConv: integers as they are.
  kQlinear,
};

// `pixels` is the name of the images, uint8 [N, C, H, W]. Returns that of the logits, float32 [N, classes].
// Activations are those of quantise::IntegerRunner, but for the rounding: a runtime multiplies by a float32
// and rounds halves to even.
std::string add_integer_operators(OnnxBuilder& onnx, const nn::ModelSpec& model,
                                  const quantise::IntegerModel& integers, IntegerForm form,
                                  const std::string& pixels);

}  // namespace rung::exports

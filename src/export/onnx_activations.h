// The ONNX operators of functions of one value.
#pragma once

#include <string>

#include "export/onnx_builder.h"
#include "nn/graph.h"

namespace rung::exports {

// Returns the name of function(x), in float32. A leaky relu has one slope.
std::string add_activation(OnnxBuilder& onnx, const nn::graph::Activation& function, const std::string& x);

}  // namespace rung::exports

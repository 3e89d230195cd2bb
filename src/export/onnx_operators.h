// The ONNX operators that compute a model's graph in float32. Of several forms that say the same, those are
// chosen that the importers in docs/export.md take.
#pragma once

#include <string>

#include "export/onnx_builder.h"
#include "nn/graph.h"
#include "nn/model_spec.h"

namespace rung::exports {

// Adds each layer's operators under its name ("Conv2d-4"), its parameters under PyTorch's ("4.weight").
// `images` is the name of the normalised ones, [N, C, H, W]. Returns that of the logits, [N, classes].
std::string add_operators(OnnxBuilder& onnx, const nn::ModelSpec& model, const nn::graph::Graph& graph,
                          const std::string& images);

}  // namespace rung::exports

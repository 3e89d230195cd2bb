// What each layer sees of the image: the pixels that one output value depends on, and the pixels that
// any output depends on at all. Rows and columns are followed separately and exactly: with padding, with what
// strides and poolings leave over at a border, and through the sums of residual connections.
#pragma once

#include "nn/infer.h"

namespace rung::nn {

// Fills the members of `info` about receptive fields. Precondition: all shapes are filled in.
void find_receptive_fields(const ModelSpec& model, ModelInfo& info);

}  // namespace rung::nn

// The integer form of a model before it is trained, from which its size follows.
#pragma once

#include "data/data_spec.h"
#include "nn/model_spec.h"
#include "quantise/integer_model.h"

namespace rung::exports {

// With initial weights and invented ranges, on which no size depends. Its biases need 32 bits: whether the
// trained ones fit into 16 is not known. Throws Unquantisable.
quantise::IntegerModel untrained_integers(const nn::ModelSpec& model, const data::DatasetSpec& normalisation,
                                          int weight_bits);

}  // namespace rung::exports

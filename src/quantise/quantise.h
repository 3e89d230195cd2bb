// From a trained model to its form in 8-bit integers: post-training quantisation, per tensor for activations
// and per output channel for weights (Jacob et al., "Quantization and Training of Neural Networks for
// Efficient Integer-Arithmetic-Only Inference", 2018; Krishnamoorthi, "Quantizing deep convolutional networks
// for efficient inference", 2018).
#pragma once

#include <span>

#include "base/channel_values.h"
#include "base/error.h"
#include "nn/graph.h"
#include "quantise/integer_model.h"
#include "quantise/ranges.h"

namespace rung::quantise {

// A layer has no integer form.
class Unquantisable : public UsageError {
 public:
  using UsageError::UsageError;
};

struct Options {
  // Pixels p are (p / 255 - mean) / std to the model.
  ChannelValues mean = 0;
  ChannelValues std = 1;
  int weight_bits = 8;  // 8, 4 or 2
};

// `folded` is a graph whose batch norms are folded, `ranges` those of its nodes. Throws Unquantisable.
IntegerModel quantise(const nn::graph::Graph& folded, const nn::ModelSpec& model,
                      std::span<const Range> ranges, const Options& options);

// Of a model before it is trained: with initial weights and invented ranges, on which no size depends. Its
// biases need 32 bits, because whether the trained ones fit into 16 is not known. Throws Unquantisable.
IntegerModel quantise_untrained(const nn::ModelSpec& model, const Options& options);

}  // namespace rung::quantise

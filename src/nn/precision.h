// Which tensors of a model are pairs of bfloat16 in training.
#pragma once

#include "kernels/bf16.h"
#include "kernels/precision.h"
#include "nn/plan.h"

namespace rung::nn {

using kernels::Precision;

// How a unit's tensors are stored: as pairs of bfloat16, or as floats.
struct UnitStorage {
  bool input_pairs = false;  // what the kernels read; the image is kept in both forms if need be
  bool pairs = false;        // the convolution's output, and the unit's
  bool conv_pairs = false;   // the convolution multiplies pairs; otherwise it gets floats, widened if need be
};

UnitStorage storage_of(const Plan& plan, size_t unit, Precision precision);

// Whether a kernel reads the image as pairs of bfloat16.
bool needs_image_pairs(const Plan& plan, Precision precision);

// What the unit computes, before a flatten that may follow it.
inline Shape computed_output(const Unit& unit) {
  if (unit.runner) return unit.output;
  return {unit.activation.channels, unit.activation.out_height(), unit.activation.out_width()};
}
inline bool flattens(const Unit& unit) {
  return computed_output(unit) != unit.output;
}

// Elements of one block's activations of this shape.
inline size_t block_elements(const Shape& shape, bool pairs) {
  return kernels::block_floats(pairs ? kernels::pairs_of(shape.channels) : shape.channels, shape.height,
                               shape.width);
}

// From one block's floats to pairs, and back.
inline void to_pairs(const Shape& shape, const float* values, kernels::Bf16Pair* pairs) {
  kernels::to_pairs(shape.channels, block_floats({1, shape.height, shape.width}) / kernels::kLanes, values,
                    pairs);
}
inline void to_floats(const Shape& shape, const kernels::Bf16Pair* pairs, float* values) {
  kernels::to_floats(shape.channels, block_floats({1, shape.height, shape.width}) / kernels::kLanes, pairs,
                     values);
}

// Calls run.template operator()<Element>() with the type of the elements.
template <typename Run>
decltype(auto) with_element(bool pairs, Run run) {
  if (pairs) return run.template operator()<kernels::Bf16Pair>();
  return run.template operator()<float>();
}

}  // namespace rung::nn

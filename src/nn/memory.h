// The sizes of the buffers of TrainingPass and Inference, from the plan alone: what they allocate, known in
// advance. A few numbers per channel, and the rest of a last huge page, are left out.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/conv2d.h"
#include "nn/plan.h"
#include "nn/precision.h"

namespace rung::nn {

// In elements of four bytes, and floats where it says so; 0 if the unit has no such part.
struct UnitSizes {
  size_t convolved = 0;       // per block: the convolution's output
  size_t activated = 0;       // per block: the unit's output, if something follows the convolution
  size_t bits = 0;            // a block
  size_t kept = 0;            // per thread: the unit's input, if a later unit adds it; evaluation only
  size_t skip_gradients = 0;  // per block: that input's gradient from there
  size_t packed_forward = 0;  // floats
  size_t packed_backward = 0;
  kernels::Canvas canvas;      // around the gradient of the convolution's output
  size_t canvas_elements = 0;  // a thread
  size_t padded = 0;           // a thread: the convolution's input with its border
  size_t scratch = 0;          // floats a thread: a weight gradient's
  size_t moment_sums = 0;      // floats a thread, of each of the two kinds
  size_t row = 0;              // floats a thread: a row of what is rounded to pairs
  size_t wide = 0;             // floats a thread, up to three times: a tensor that is widened or rounded
};

constexpr size_t kWideTensors = 3;  // a runner's input, its gradient, and that of the output

UnitSizes unit_sizes(const Plan& plan, size_t unit, Precision precision = Precision::kFloat32);

// Elements of a block of the unit's output, before and after a flatten that follows it.
size_t output_elements(const Plan& plan, size_t unit, Precision precision);

// Bytes that Inference takes with `threads` threads.
uint64_t inference_bytes(const Plan& plan, int threads);

// Bytes to train with batches of up to `largest_batch` images and `threads` threads, and to evaluate in
// between; the optimiser and the moving average keep `state_floats` for each parameter.
uint64_t training_bytes(const Plan& plan, Precision precision, int state_floats, int largest_batch,
                        int threads);

}  // namespace rung::nn

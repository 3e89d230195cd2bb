// One unit on one image, in evaluation mode: evaluation_unit.h's operations, in the same order.
#pragma once

#include <optional>
#include <vector>

#include "base/aligned_buffer.h"
#include "kernels/conv2d_image.h"
#include "kernels/planes.h"
#include "nn/evaluation_unit.h"
#include "nn/plan.h"
#include "nn/weights.h"

namespace rung::nn {

// Activations of one image, somewhere.
struct ImageTensor {
  kernels::Planes planes;
  const float* data = nullptr;
};

class ImageUnit {
 public:
  // `input` is the layout of the image that run() gets, `unit` and `weights` must outlive this object.
  ImageUnit(const Unit& unit, const Weights& weights, const kernels::Planes& input);

  // The layout of the unit's output.
  const kernels::Planes& output() const { return output_; }

  // Floats of all buffers.
  size_t floats() const;

  // Packs the weights and makes the buffers; run() needs them.
  void prepare();

  // The output for the image x; `added` is what a sum adds. Valid until the next call.
  ImageTensor run(const float* x, const ImageTensor& added);

 private:
  const float* at_border(const float* x);
  const float* aligned_with_output(const ImageTensor& added);
  void activate(const float* x, const float* added);
  void run_alone(const float* x);

  const Unit& unit_;
  const Weights& weights_;
  FoldedNorm norm_;
  std::vector<float> ones_;
  std::vector<float> zeros_;
  kernels::Planes input_;
  kernels::Planes bordered_;  // what the convolution, or the activation, reads
  std::optional<kernels::ImageConv> conv_;
  kernels::Planes activated_;
  kernels::Planes output_;

  AlignedBuffer<float> border_buffer_;  // the input, if it must be copied
  AlignedBuffer<float> packed_;
  AlignedBuffer<float> activated_buffer_;
  AlignedBuffer<float> added_buffer_;
  AlignedBuffer<float> pooled_buffer_;
  AlignedBuffer<float> blocks_[2];  // of a layer that runs by itself: in lane 0 of a block of 16 images
};

}  // namespace rung::nn

// Forward pass of one image in evaluation mode, for the least time to an answer; inference.h takes 16 images
// at once, for the most images a second. The logits are the same bits.
#pragma once

#include <span>
#include <vector>

#include "base/aligned_buffer.h"
#include "kernels/planes.h"
#include "nn/image_unit.h"
#include "nn/plan.h"
#include "nn/weights.h"

namespace rung::nn {

class ImageInference {
 public:
  // Packs the weights and allocates all memory. `plan` and `weights` must outlive this object, the weights
  // unchanged; force_simd_target() must not be called meanwhile. Throws MemoryError if the machine has too
  // little memory.
  ImageInference(const Plan& plan, const Weights& weights);
  ImageInference(const ImageInference&) = delete;
  ImageInference& operator=(const ImageInference&) = delete;

  // The logits [classes] of a normalised image [C][H][W], valid until the next call. Allocates nothing; one
  // thread at a time.
  std::span<const float> run(std::span<const float> image);

 private:
  const Plan& plan_;
  std::vector<ImageUnit> units_;
  kernels::Planes planes_;           // of the image
  AlignedBuffer<float> buffer_;      // the image
  std::vector<ImageTensor> inputs_;  // by unit
  std::vector<float> logits_;
};

}  // namespace rung::nn

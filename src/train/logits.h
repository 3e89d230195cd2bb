// What a model says about images: its raw outputs, and the probabilities that they stand for.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/data_spec.h"
#include "data/image.h"
#include "nn/image_inference.h"
#include "nn/inference.h"
#include "nn/weights.h"
#include "train/batches.h"

namespace rung::train {

// The outputs [N][classes] for the images, unchanged but for normalisation: those that Evaluator judges.
// Preconditions: `weights` and the images' size are those of the inference's plan.
std::vector<float> logits_of(const data::ImagesView& images, const data::DatasetSpec& normalisation,
                             nn::Inference& inference, const nn::Weights& weights);

// The same bits for one image at a time, at once: what logits_of() takes for one image it takes for 16.
class ImageLogits {
 public:
  // `plan` and `weights` must outlive this object, the weights unchanged. Throws MemoryError.
  ImageLogits(const nn::Plan& plan, const nn::Weights& weights, const data::DatasetSpec& normalisation);

  // [classes], valid until the next call, of the pixels [C][H][W]. Allocates nothing; one thread at a time.
  std::span<const float> of(std::span<const uint8_t> pixels);

 private:
  nn::ImageInference inference_;
  PixelValues value_;
  std::vector<float> image_;  // [C][H][W], normalised
};

// torch.nn.functional.softmax of one image's logits; all NaN if one of them is NaN or infinity.
std::vector<double> softmax(std::span<const float> logits);

}  // namespace rung::train

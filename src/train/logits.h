// What a model says about images: its raw outputs, and the probabilities that they stand for.
#pragma once

#include <span>
#include <vector>

#include "data/data_spec.h"
#include "data/dataset.h"
#include "nn/inference.h"
#include "nn/weights.h"

namespace rung::train {

// The outputs [N][classes] for the images, unchanged but for normalisation: those that Evaluator judges.
// Preconditions: `weights` and the images' size are those of the inference's plan.
std::vector<float> logits_of(const data::Split& images, const data::DatasetSpec& normalisation,
                             nn::Inference& inference, const nn::Weights& weights);

// torch.nn.functional.softmax of one image's logits; all NaN if one of them is NaN or infinity.
std::vector<double> softmax(std::span<const float> logits);

}  // namespace rung::train

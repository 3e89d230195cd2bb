// The loss: log_softmax + negative log-likelihood (torch.nn.functional.cross_entropy, with weight and
// label_smoothing), perhaps with distillation (torch.nn.functional.kl_div), its gradient, and the predicted
// class, for one block of 16 images.
#pragma once

#include <cstdint>
#include <optional>

#include "kernels/layout.h"

namespace rung::kernels {

struct BlockLoss {
  double loss = 0;  // summed over the valid images, not averaged
  int correct = 0;
};

// Distillation (Hinton, Vinyals, Dean, "Distilling the knowledge in a neural network", 2015): the loss is
// (1 - weight) times the cross-entropy plus weight * T^2 times the Kullback-Leibler divergence of the
// softmax of logits / T from the teacher's probabilities, T being the temperature. The factor T^2 keeps the
// gradient's size whatever T is.
struct Distillation {
  const float* teacher = nullptr;  // [classes][16] probabilities, at the same temperature
  float temperature = 1;           // above 0
  float weight = 0;                // from 0 to 1
};

struct LossOptions {
  float scale = 1;            // of the gradient: 1 / batch size for the mean over a batch
  float label_smoothing = 0;  // the share of the target that is spread over all classes, from 0 to 1
  const float* class_weights = nullptr;  // [classes] factors on the target's elements; null: 1 each
  const float* image_weights = nullptr;  // [16] factors on the targets of the images; null: 1 each
  // MixUp: the target's one-hot part is label_share at the label and the rest at the other label of the
  // image, [16]; null: all of it at the label.
  const uint8_t* other_labels = nullptr;
  float label_share = 1;                                    // from 0 to 1
  std::optional<Distillation> distillation = std::nullopt;  // weighs images alike, and not classes
};

// `logits` [classes][16]; `labels` of the first `lanes` images. `predicted` [16] gets each image's class (the
// first of equal maxima) and may be null. `dlogits` [classes][16] gets (softmax - target) * scale, zeros past
// `lanes`; it may be null. The target is one-hot, or with smoothing s: s/classes, and 1-s more at the label.
// Weights of classes and images multiply the target, whose sum T is then not 1: the gradient is
// (T * softmax - target) * scale. The mean over a batch has the scale 1 / sum of the images' weights, each
// times its label's; or with other labels 1 / images, as PyTorch's where targets are probabilities. An image
// with two labels counts as correct by that of the larger share.
BlockLoss cross_entropy(const float* logits, int classes, const uint8_t* labels, int lanes,
                        const LossOptions& options, uint8_t* predicted, float* dlogits);

// Adds share * softmax(logits / temperature) to the probabilities, both [classes][16].
void add_probabilities(const float* logits, int classes, float temperature, float share,
                       float* probabilities);

namespace reference {

BlockLoss cross_entropy(const float* logits, int classes, const uint8_t* labels, int lanes,
                        const LossOptions& options, uint8_t* predicted, float* dlogits);

}  // namespace reference
}  // namespace rung::kernels

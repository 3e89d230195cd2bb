// The loss: log_softmax + negative log-likelihood (torch.nn.functional.cross_entropy), its gradient, and the
// predicted class, for one group of 16 images.
#pragma once

#include <cstdint>

#include "kernels/layout.h"

namespace rung::kernels {

struct GroupLoss {
  double loss = 0;  // summed over the valid images, not averaged
  int correct = 0;
};

// `logits` [classes][16]; `labels` of the first `lanes` images. `predicted` [16] gets each image's class (the
// first of equal maxima) and may be null. `dlogits` [classes][16] gets (softmax - one-hot) * scale, zeros
// past `lanes`; it may be null. For the mean over a batch, scale is 1 / batch size.
GroupLoss softmax_nll(const float* logits, int classes, const uint8_t* labels, int lanes, float scale,
                      uint8_t* predicted, float* dlogits);

namespace reference {

GroupLoss softmax_nll(const float* logits, int classes, const uint8_t* labels, int lanes, float scale,
                      uint8_t* predicted, float* dlogits);

}  // namespace reference
}  // namespace rung::kernels

// Batches for the peer, made by Rung's own data code: the same images in the same order, varied by the same
// augmentation with the same random numbers. Only the layout is torch's, [N,1,H,W].
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "data/augment.h"
#include "data/dataset.h"
#include "recipe/recipe.h"

namespace rung::bench {

struct TorchBatch {
  int images = 0;
  std::vector<float> pixels;  // [N,1,H,W]
  std::vector<int64_t> labels;
};

class BatchSource {
 public:
  // The recipe's batch size, seed, normalisation and augmentation; `split` must outlive the source.
  BatchSource(const recipe::Recipe& recipe, const data::Split& split, int threads);

  // The next training batch; batches follow epoch after epoch, each epoch in its own order.
  TorchBatch& next();

  // At the end of an epoch: the next batch is the first of another.
  bool epoch_ended() const { return first_ == split_.count; }

 private:
  void load(uint32_t image, int thread, float* out);

  const data::Split& split_;
  size_t image_size_;
  int batch_size_;
  uint64_t seed_;
  std::array<float, 256> value_;              // normalised value of a pixel
  std::vector<data::Augmenter> augmenters_;   // by thread; empty without augmentation
  std::vector<std::vector<uint8_t>> varied_;  // by thread, [H,W]
  std::vector<uint32_t> order_;
  int first_ = 0;  // of the next batch, in order_
  uint32_t epoch_ = 0;
  TorchBatch batch_;
};

// The images first .. first+images-1 as they are, for evaluation.
TorchBatch plain_batch(const recipe::Recipe& recipe, const data::Split& split, int first, int images);

}  // namespace rung::bench

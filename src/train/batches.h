// Turns a dataset's images into the engine's input: shuffled, augmented, normalised, in blocks of 16. Legend:
// C channels, H rows, W columns.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "data/augment.h"
#include "data/data_spec.h"
#include "data/image.h"
#include "kernels/layout.h"
#include "nn/training_pass.h"

namespace rung::train {

// The order of `count` images in `epoch`: a Fisher-Yates shuffle of 0 .. count-1.
std::vector<uint32_t> shuffled(int count, uint64_t seed, uint32_t epoch);

// By channel and pixel: (pixel/255 - mean) / std, as torchvision's ToTensor and Normalize.
using PixelValues = std::vector<std::array<float, 256>>;
PixelValues pixel_values(const data::DatasetSpec& normalisation, int channels);

class BlockLoader {
 public:
  // The images' pixels must outlive the loader. They become their pixel_values().
  BlockLoader(const data::ImagesView& images, const data::DatasetSpec& normalisation);

  // Augments the images that are loaded, from `threads` threads. Call at most once.
  void augment(const std::vector<data::Transform>& transforms, int threads);

  // Writes the images with these indices (at most 16) to x [C][H][W][16], zeros in the other lanes. With
  // augmentation image i draws from the stream (seed, i, epoch), so the order of loading does not matter.
  void load(std::span<const uint32_t> images, int thread, uint64_t seed, uint32_t epoch, float* x);

  // Makes room for load_mixed() from `threads` threads. Call at most once.
  void mix(int threads);

  // Writes a block of a batch to x [C][H][W][16]: each image, loaded as above, becomes `share` of itself and
  // the rest of the batch's image before it; before the first comes the last. Precondition: mix() was called.
  void load_mixed(std::span<const uint32_t> batch, int block, double share, int thread, uint64_t seed,
                  uint32_t epoch, float* x);

  // Bytes that augment() and, if it mixes, mix() take for a thread.
  static uint64_t thread_bytes(const std::vector<data::Transform>& transforms, bool mixes,
                               const data::ImageShape& shape);

  // Loads images in order from index `first`, 16 at a time. The loader must outlive the result. Precondition:
  // no augmentation.
  nn::LoadBlock in_order(int first);

 private:
  void erase(const data::Erasure& erasure, size_t lane, float* x) const;

  data::ImagesView images_;
  PixelValues value_;
  std::vector<data::Augmenter> augmenters_;   // by thread; empty without augmentation
  std::vector<std::vector<uint8_t>> varied_;  // by thread: [16][C][H][W]
  std::vector<std::array<std::vector<data::Erasure>, kernels::kLanes>> erasures_;  // by thread and lane
  std::vector<std::vector<float>> before_;  // by thread: [C][H][W][16], the image before a block, in lane 0
};

}  // namespace rung::train

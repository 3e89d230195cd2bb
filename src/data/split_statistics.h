// What `rung data info` prints about a split: the distribution of its normalised pixels and of its classes.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "data/data_spec.h"
#include "data/dataset.h"

namespace rung::data {

struct PixelStatistics {
  double min = 0;
  double max = 0;
  double mean = 0;
  double std = 0;  // unbiased, as torch.std
};

// How many pixels have each value.
using PixelHistogram = std::array<uint64_t, 256>;

// Of pixel/255. Precondition: there are pixels.
PixelStatistics pixel_statistics(std::span<const uint8_t> pixels);
PixelStatistics pixel_statistics(const PixelHistogram& histogram);

// Of (pixel/255 - mean) / std, all channels together. Preconditions: there are images; spec has a mean and a
// std > 0.
PixelStatistics normalised_statistics(const Split& split, const DatasetSpec& spec);

struct Moments {
  ChannelValues mean;
  ChannelValues std;
};
// Of pixel/255, each channel by itself. Precondition: no channel is without pixels.
Moments moments_of(std::span<const PixelHistogram> channels);
// Of the first `count` images. Precondition: 0 < count <= split.count.
Moments moments_of(const Split& split, int count);

// [classes]. Precondition: every label is below `classes`.
std::vector<int> class_counts(std::span<const uint8_t> labels, int classes);

// Mean width of the strokes that grey images are drawn with, in pixels; 0 for blank images and for images in
// colour. A pixel of at
// least 128 is ink; the stroke's width at it is the shortest of the four runs of ink through it, along the
// row, the column and the diagonals, where a step counts sqrt(2). The mean is over the ink of the first
// 10,000 images.
double stroke_width(const Split& split);

}  // namespace rung::data

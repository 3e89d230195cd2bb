// The ranges of a model's activations, measured on images.
#pragma once

#include <vector>

#include "nn/graph.h"
#include "nn/training_pass.h"

namespace rung::quantise {

struct Range {
  double least = 0;
  double most = 0;
};

class Activations {
 public:
  // Computes the graph for `images` images, twice. Throws DataError if a value is not finite.
  Activations(const nn::graph::Graph& graph, int images, const nn::LoadBlock& load);

  // Of every node: the range without the values that are among the `clipped` share (from 0) of the largest
  // ones, or of the smallest.
  std::vector<Range> ranges(double clipped) const;

 private:
  static constexpr size_t kBins = 4096;
  struct Histogram {
    Range range;
    std::vector<double> counts = std::vector<double>(kBins);

    double bin_width() const { return (range.most - range.least) / static_cast<double>(kBins); }
    void add(double value);
    Range without(double clipped) const;
  };

  std::vector<Histogram> nodes_;
};

}  // namespace rung::quantise

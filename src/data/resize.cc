#include "data/resize.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "base/require.h"

namespace rung::data {
namespace {

// The inputs, from `first` on, that one output is the weighted mean of.
struct Share {
  size_t first = 0;
  std::vector<double> weights;
};

// A triangle around each output's centre that reaches one pixel of the larger of both grids to each side.
std::vector<Share> shares(int inputs, int outputs) {
  const double scale = static_cast<double>(inputs) / outputs;
  const double reach = std::max(1.0, scale);
  std::vector<Share> result(static_cast<size_t>(outputs));
  for (int i = 0; i < outputs; ++i) {
    const double centre = (i + 0.5) * scale;
    const int first = std::max(0, static_cast<int>(std::floor(centre - reach)));
    const int end = std::min(inputs, static_cast<int>(std::ceil(centre + reach)));
    Share& share = result[static_cast<size_t>(i)];
    share.first = static_cast<size_t>(first);
    double sum = 0;
    for (int at = first; at < end; ++at) {
      share.weights.push_back(std::max(0.0, 1 - std::abs(at + 0.5 - centre) / reach));
      sum += share.weights.back();
    }
    for (double& weight : share.weights) weight /= sum;
  }
  return result;
}

}  // namespace

Image resized(const Image& image, int height, int width) {
  RUNG_REQUIRE(std::min({image.height, image.width, height, width}) >= 1);
  const auto channels = static_cast<size_t>(image.channels);
  const auto in_row = static_cast<size_t>(image.width) * channels;
  const auto out_row = static_cast<size_t>(width) * channels;
  const std::vector<Share> across = shares(image.width, width);
  std::vector<double> narrowed;  // [image.height,width,channels]
  narrowed.reserve(static_cast<size_t>(image.height) * out_row);
  for (size_t row = 0; row < static_cast<size_t>(image.height); ++row) {
    for (const Share& share : across) {
      for (size_t channel = 0; channel < channels; ++channel) {
        const uint8_t* in = image.pixels.data() + row * in_row + share.first * channels + channel;
        double sum = 0;
        for (size_t i = 0; i < share.weights.size(); ++i) sum += share.weights[i] * in[i * channels];
        narrowed.push_back(sum);
      }
    }
  }
  Image result{.height = height, .width = width, .pixels = {}, .channels = image.channels};
  result.pixels.reserve(static_cast<size_t>(height) * out_row);
  for (const Share& share : shares(image.height, height)) {
    for (size_t column = 0; column < out_row; ++column) {
      const double* in = narrowed.data() + share.first * out_row + column;
      double sum = 0.5;  // to round
      for (size_t i = 0; i < share.weights.size(); ++i) sum += share.weights[i] * in[i * out_row];
      result.pixels.push_back(static_cast<uint8_t>(sum));
    }
  }
  return result;
}

}  // namespace rung::data

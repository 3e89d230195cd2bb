// A model in 8-bit integers, and the arithmetic that defines it: every exported form of it must give the same
// bytes. docs/export.md writes it down.
//
// Activations are uint8, [H][W][C]; weights are int8, -127 to 127; sums are int32 and proven not to overflow.
// A value is scale * (q - zero). There are no floating-point numbers in run().
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "kernels/conv2d.h"
#include "nn/graph.h"
#include "nn/shape.h"

namespace rung::quantise {

inline constexpr int kLargest = 255;  // activation

// The value of an integer q is scale * (q - zero). Only the image's zero, the mean of its pixels, is not
// whole.
struct Quantisation {
  double scale = 1;
  double zero = 0;
};

// y = (sum * multiplier + (2 zero + 1) * 2^(shift - 1)) / 2^shift, rounded down, and then between 0 and 255:
// that is sum * multiplier / 2^shift rounded to nearest, halves up, plus zero.
struct Requantisation {
  std::vector<int32_t> multiplier;  // one, or [C]
  int shift = 1;
  int zero = 0;

  int32_t of_channel(size_t c) const { return multiplier[multiplier.size() == 1 ? 0 : c]; }
};

// Shifts that leave a product of 62 bits and its offset within an int64.
inline constexpr int kMostShift = 53;
inline constexpr int kLeastShift = 1;

constexpr int64_t rounding_offset(int shift, int zero) {
  return int64_t{2 * zero + 1} << (shift - 1);
}
constexpr uint8_t shifted(int64_t value, int shift) {
  if (value < 0) return 0;
  const int64_t result = value >> shift;
  return static_cast<uint8_t>(result < kLargest ? result : kLargest);
}
constexpr uint8_t requantise(int32_t sum, int32_t multiplier, int shift, int zero) {
  return shifted(int64_t{sum} * multiplier + rounding_offset(shift, zero), shift);
}

// Where a window that slides over a plane lies, with what surrounds the plane.
struct Slide {
  nn::Size2 kernel;
  nn::Size2 stride;
  nn::Size2 dilation{1, 1};
  nn::Size2 before{0, 0};  // rows above and columns left of the plane
  nn::Size2 after{0, 0};   // below and right
  friend bool operator==(const Slide&, const Slide&) = default;

  nn::Size2 extent() const {
    return {kernels::kernel_extent(kernel.h, dilation.h), kernels::kernel_extent(kernel.w, dilation.w)};
  }
};

struct Image {};

// sum[k] = bias[k] + the window's products. `bias` holds the correction for the input's zero.
struct Convolution {
  Slide slide;
  int groups = 1;
  std::vector<int8_t> weight;  // [out channels][kernel h][kernel w][in channels / groups]
  std::vector<int32_t> bias;   // [out channels]
  std::vector<uint8_t> padding{
      0};               // what surrounds the plane: the input's zero; of all channels, or [in channels]
  int weight_bits = 8;  // 4: weights from -7 to 7; 2: -1 to 1
  std::optional<Requantisation> requantisation;  // none: the sums are the logits

  int taps() const { return static_cast<int>(weight.size() / bias.size()); }
};

struct MaxPool {
  Slide slide;  // surrounded by zeros, which no maximum is below
};

// sum = bias + the window's values
struct AveragePool {
  Slide slide;
  int32_t bias = 0;
  uint8_t padding = 0;
  std::optional<Requantisation> requantisation;  // none: the sums are the logits
};

// y = (a * multiplier[0] + b * multiplier[1] + offset) / 2^shift, rounded down, and then between 0 and 255.
struct Sum {
  std::array<int32_t, 2> multiplier{};
  int64_t offset = 0;
  int shift = 1;
};

// A function of one value: y = table[x].
struct Lookup {
  nn::graph::Activation function;  // that the table is made from
  std::array<uint8_t, kLargest + 1> table{};
};

// A leaky relu with a slope for each channel: requantises x - zero by `positive` where that is at least 0,
// and by `negative` elsewhere.
struct Slopes {
  int zero = 0;
  int32_t positive = 0;
  Requantisation negative;
};

using Operation = std::variant<Image, Convolution, MaxPool, AveragePool, Sum, Lookup, Slopes>;

// Its outputs are int32 sums, not activations.
bool gives_sums(const Operation& operation);

struct Node {
  Operation operation;
  std::vector<size_t> inputs;  // earlier nodes
  nn::Shape output;
  Quantisation quantisation;  // of the output
  size_t layer = 0;           // the first layer of the model that it computes
};

// The first node is the Image, the last one's outputs are the logits: int32 sums, or uint8 values.
struct IntegerModel {
  std::vector<Node> nodes;
  int classes = 0;

  const nn::Shape& input_of(const Node& node) const { return nodes[node.inputs[0]].output; }
};

// The input channel that a weight [out channels][in channels / groups][places] belongs to, by its place in
// this order.
constexpr size_t input_channel_of(size_t weight, size_t outputs, size_t groups, size_t group_inputs,
                                  size_t places) {
  const size_t group = weight / (places * group_inputs * (outputs / groups));
  return group * group_inputs + weight / places % group_inputs;
}

// The sums that a convolution or an average pooling can reach with any input.
struct SumRange {
  int64_t least = 0;
  int64_t most = 0;
  bool fits_int32() const { return least >= INT32_MIN && most <= INT32_MAX; }
};
// For every output channel together.
SumRange reachable_sums(const Convolution& convolution);
SumRange reachable_sums(const AveragePool& pool);

// Runs images one at a time. One per thread.
class IntegerRunner {
 public:
  // `model` must outlive it.
  explicit IntegerRunner(const IntegerModel& model);

  // `image` [H][W][C] pixels. The logits [classes], up to logit_scale() and the same constant for all
  // classes.
  std::span<const int32_t> run(std::span<const uint8_t> image);

  // After run(): of a node, [H][W][C]. Empty of a node whose sums are the logits.
  std::span<const uint8_t> output(size_t node) const { return outputs_[node]; }

 private:
  const IntegerModel& model_;
  std::vector<std::vector<uint8_t>> outputs_;
  std::vector<uint8_t> window_;
  std::vector<int32_t> logits_;
};

// The first class with the largest logit.
int predicted_class(std::span<const int32_t> logits);

}  // namespace rung::quantise

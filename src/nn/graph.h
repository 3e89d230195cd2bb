// A trained model as a graph of operations that hold their own numbers: what an exporter walks over. It is
// the model in evaluation mode, layer by layer as the recipe says, so there is no dropout, and nothing is
// fused.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "base/aligned_buffer.h"
#include "kernels/conv2d.h"
#include "kernels/functions.h"
#include "nn/model_spec.h"
#include "nn/weights.h"

namespace rung::nn::graph {

// The images, normalised.
struct Input {};

// A convolution, or a linear layer: that is one of a 1×1 image.
struct Convolution {
  kernels::ConvShape shape;
  std::vector<float> weight;  // [out channels, in channels / groups, kernel h, kernel w]
  std::vector<float> bias;    // [out channels]; zeros if the layer has none
};

// y = (x - mean) / sqrt(variance + eps) * weight + bias, with the running statistics. All are [channels].
struct BatchNorm {
  std::vector<float> weight;
  std::vector<float> bias;
  std::vector<float> mean;
  std::vector<float> variance;
  double eps = 1e-5;
};

// y = x * scale + shift, by channel.
struct Scale {
  std::vector<double> scale;
  std::vector<double> shift;
};
Scale scale_of(const BatchNorm& norm);

struct GroupNorm {
  int groups = 1;
  double eps = 1e-5;
  std::vector<float> weight;  // [channels]; ones if the layer has none
  std::vector<float> bias;    // [channels]; zeros if the layer has none
};

struct Relu {};

// x where it is positive, slope * x elsewhere.
struct LeakyRelu {
  std::vector<float> slope;  // one, or [channels]
};

struct Function {
  kernels::Function function;
};

using Activation = std::variant<Relu, LeakyRelu, Function>;

// A kernel that slides over a plane with zeros around it.
struct Sliding {
  Size2 kernel;
  Size2 stride;
  Size2 before{0, 0};  // rows above and columns left of the plane
  Size2 after{0, 0};   // below and right
};

// The maximum or the mean over each window.
struct Pool {
  std::variant<MaxPool2d, AvgPool2d, AdaptiveAvgPool2d> layer;
  kernels::Pooling pooling() const;
  Windows windows(const Shape& input) const;

  // None if no kernel gives these windows: adaptive ones that differ in size or distance or are the same, and
  // means that do not all divide by the kernel's size.
  std::optional<Sliding> sliding(const Shape& input) const;
};

// The sum of its two inputs.
struct Sum {};

// [C, H, W] as [C * H * W, 1, 1].
struct Flatten {};

using Operation =
    std::variant<Input, Convolution, BatchNorm, GroupNorm, Relu, LeakyRelu, Function, Pool, Sum, Flatten>;

struct Node {
  Operation operation;
  std::vector<size_t> inputs;  // earlier nodes
  Shape output;
  size_t layer = 0;  // in ModelSpec::layers, of which it is a part; not of Input
};

// The first node is the Input, the last one's output are the logits, and inputs come before their users.
struct Graph {
  std::vector<Node> nodes;

  const Shape& input_of(const Node& node) const { return nodes[node.inputs[0]].output; }
};

Graph make_graph(const ModelSpec& model, const Weights& weights);

// The same function with as few batch norms as possible: one whose input is a convolution's, and of nothing
// else, changes that convolution's weights and bias instead. Computed in double, rounded once.
Graph fold_batch_norms(const Graph& graph);

// How many nodes read each node's output.
std::vector<int> count_readers(const Graph& graph);

// Computes a graph by Rung's kernels, one block of 16 images at a time, and keeps the output of every node.
// Not the fast way (see nn/inference.h): for ranges of activations, and for tests.
class Runner {
 public:
  // `graph` must outlive it.
  explicit Runner(const Graph& graph);

  // Where the images go, [C][H][W][16].
  std::span<float> input() { return outputs_[0].span(); }

  // Computes all nodes from input().
  void run();

  // Of a node, [C][H][W][16].
  std::span<const float> output(size_t node) const { return outputs_[node].span(); }

 private:
  const Graph& graph_;
  std::vector<AlignedBuffer<float>> outputs_;
};

}  // namespace rung::nn::graph

#include "nn/graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "base/require.h"
#include "kernels/activation.h"
#include "kernels/elementwise.h"
#include "kernels/pooling.h"
#include "nn/infer.h"
#include "nn/layers/group_norm.h"
#include "nn/plan.h"

namespace rung::nn::graph {
namespace {

// Adds a node for each layer, unless it does nothing in evaluation mode.
class Builder {
 public:
  Builder(const ModelSpec& model, const Weights& weights)
      : model_(model), info_(infer(model)), plan_(make_plan(model)), weights_(weights) {
    graph_.nodes.push_back({Input{}, {}, model.input});
  }

  Graph build() && {
    for (layer_ = 0; layer_ < model_.layers.size(); ++layer_) {
      std::visit([this](const auto& layer) { add(layer); }, model_.layers[layer_]);
      last_of_layer_.push_back(last());
    }
    return std::move(graph_);
  }

 private:
  const Shape& input() const { return info_.layers[layer_].input; }
  size_t last() const { return graph_.nodes.size() - 1; }

  void add_node(Operation operation, std::vector<size_t> inputs) {
    graph_.nodes.push_back({std::move(operation), std::move(inputs), info_.layers[layer_].output, layer_});
  }
  void add_node(Operation operation) { add_node(std::move(operation), {last()}); }

  std::vector<float> values(const std::vector<TensorInfo>& tensors, const std::vector<float>& all,
                            const char* name) const {
    const auto found =
        std::ranges::find(tensors, fmt::format("{}.{}", layer_, name), [](const auto& t) { return t.name; });
    if (found == tensors.end()) return {};
    const auto from = all.begin() + static_cast<std::ptrdiff_t>(found->offset);
    return {from, from + static_cast<std::ptrdiff_t>(found->size)};
  }
  std::vector<float> parameter(const char* name) const {
    return values(plan_.parameters, weights_.parameters, name);
  }
  std::vector<float> buffer(const char* name) const { return values(plan_.buffers, weights_.buffers, name); }
  std::vector<float> parameter_or(const char* name, int channels, float value) const {
    std::vector<float> found = parameter(name);
    if (found.empty()) found.assign(static_cast<size_t>(channels), value);
    return found;
  }

  void add_convolution(const kernels::ConvShape& shape) {
    add_node(Convolution{shape, parameter("weight"), parameter_or("bias", shape.out_channels, 0)});
  }
  void add(const Conv2d& l) {
    const Shape& in = input();
    add_convolution({in.channels, in.height, in.width, l.out_channels, l.kernel_size.h, l.kernel_size.w,
                     l.stride.h, l.stride.w, l.padding.h, l.padding.w, l.dilation.h, l.dilation.w, l.groups});
  }
  void add(const Linear& l) {
    add_convolution({.in_channels = static_cast<int>(input().elements()), .out_channels = l.out_features});
  }
  void add(const BatchNorm2d& l) {
    add_node(BatchNorm{parameter("weight"), parameter("bias"), buffer("running_mean"), buffer("running_var"),
                       l.eps});
  }
  void add(const nn::GroupNorm& l) {
    const int channels = input().channels;
    add_node(GroupNorm{l.num_groups, l.eps, parameter_or("weight", channels, 1),
                       parameter_or("bias", channels, 0)});
  }
  void add(const Dropout& /*layer*/) {}
  void add(const Dropout2d& /*layer*/) {}
  void add(const nn::Relu& /*layer*/) { add_node(Relu{}); }
  void add(const nn::LeakyRelu& l) { add_node(LeakyRelu{{static_cast<float>(l.negative_slope)}}); }
  void add(const PRelu& /*layer*/) { add_node(LeakyRelu{parameter("weight")}); }
  template <IsFunction Layer>
  void add(const Layer& l) {
    add_node(Function{l.function()});
  }
  void add(const Add& l) {
    const auto added = static_cast<size_t>(added_layer(l, layer_));
    add_node(Sum{}, {last(), last_of_layer_[added]});
  }
  void add(const MaxPool2d& l) { add_node(Pool{l}); }
  void add(const AvgPool2d& l) { add_node(Pool{l}); }
  void add(const AdaptiveAvgPool2d& l) { add_node(Pool{l}); }
  void add(const nn::Flatten& /*layer*/) {
    if (info_.layers[layer_].output != input()) add_node(Flatten{});
  }

  const ModelSpec& model_;
  ModelInfo info_;
  Plan plan_;
  const Weights& weights_;
  Graph graph_;
  std::vector<size_t> last_of_layer_;  // the node that holds a layer's output
  size_t layer_ = 0;
};

Convolution folded(Convolution convolution, const Scale& scale) {
  const auto taps = static_cast<size_t>(convolution.shape.taps());
  for (size_t k = 0; k < convolution.bias.size(); ++k) {
    for (size_t t = 0; t < taps; ++t) {
      float& weight = convolution.weight[k * taps + t];
      weight = static_cast<float>(weight * scale.scale[k]);
    }
    convolution.bias[k] = static_cast<float>(convolution.bias[k] * scale.scale[k] + scale.shift[k]);
  }
  return convolution;
}

// Computes one node.
struct Step {
  const Graph& graph;
  const Node& node;
  const float* x;      // of the first input
  const float* other;  // of the second, if there is one
  float* y;

  int channels() const { return node.output.channels; }
  size_t plane() const {
    return static_cast<size_t>(node.output.height) * static_cast<size_t>(node.output.width);
  }
  size_t floats() const { return block_floats(node.output); }

  void activate(const kernels::ActivationShape& shape, const Scale& scale) const {
    const std::vector<float> factors(scale.scale.begin(), scale.scale.end());
    const std::vector<float> shifts(scale.shift.begin(), scale.shift.end());
    kernels::activation_forward(shape, {x, factors.data(), shifts.data()}, nullptr, y);
  }
  kernels::ActivationShape shape() const {
    return {.channels = channels(), .height = node.output.height, .width = node.output.width};
  }
  Scale identity() const {
    const auto count = static_cast<size_t>(channels());
    return {std::vector<double>(count, 1), std::vector<double>(count, 0)};
  }

  void operator()(const Input& /*images*/) const {}
  void operator()(const Convolution& c) const {
    kernels::reference::conv2d_forward(c.shape, x, c.weight.data(), c.bias.data(), y);
  }
  void operator()(const BatchNorm& norm) const { activate(shape(), scale_of(norm)); }
  void operator()(const GroupNorm& norm) const {
    kernels::group_norm_forward({channels(), norm.groups, plane(), static_cast<float>(norm.eps)}, x,
                                norm.weight.data(), norm.bias.data(), y);
  }
  void operator()(const Relu& /*relu*/) const {
    kernels::ActivationShape s = shape();
    s.relu = true;
    activate(s, identity());
  }
  void operator()(const LeakyRelu& relu) const {
    kernels::leaky_relu_forward({channels(), plane()}, x, relu.slope, y);
  }
  void operator()(const Function& function) const {
    kernels::ActivationShape s = shape();
    s.function = function.function;
    activate(s, identity());
  }
  void operator()(const Pool& pool) const {
    const Shape& in = graph.input_of(node);
    Windows windows = pool.windows(in);
    kernels::pool_forward({pool.pooling(), in.channels, in.height, in.width, std::move(windows.rows),
                           std::move(windows.columns)},
                          x, y);
  }
  void operator()(const Sum& /*sum*/) const { kernels::add(floats(), x, other, y); }
  void operator()(const Flatten& /*flatten*/) const { std::copy_n(x, floats(), y); }
};

// Windows of `kernel` inputs along one axis.
struct Axis {
  int kernel = 1;
  int stride = 1;
  int before = 0;
  int after = 0;  // what the last window reaches, as PyTorch's ceil_mode decides
};

bool all_divide_by(const std::vector<kernels::Window>& windows, int size) {
  return std::ranges::all_of(windows, [=](const kernels::Window& window) { return window.size == size; });
}

std::optional<Axis> sliding_axis(const std::vector<kernels::Window>& windows, int inputs, Axis axis,
                                 bool is_mean) {
  if (is_mean && !all_divide_by(windows, axis.kernel)) return std::nullopt;
  const int end = (static_cast<int>(windows.size()) - 1) * axis.stride + axis.kernel - axis.before;
  axis.after = std::max(end - inputs, 0);
  return axis;
}

std::optional<Axis> adaptive_axis(const std::vector<kernels::Window>& windows) {
  const int kernel = windows[0].size;
  const int stride = windows.size() > 1 ? windows[1].begin : kernel;
  if (stride == 0 || !all_divide_by(windows, kernel)) return std::nullopt;
  for (int i = 0; i < std::ssize(windows); ++i) {
    if (windows[static_cast<size_t>(i)].begin != i * stride) return std::nullopt;
  }
  return Axis{kernel, stride};
}

}  // namespace

Scale scale_of(const BatchNorm& norm) {
  Scale result;
  for (size_t c = 0; c < norm.weight.size(); ++c) {
    result.scale.push_back(norm.weight[c] / std::sqrt(norm.variance[c] + norm.eps));
    result.shift.push_back(norm.bias[c] - norm.mean[c] * result.scale.back());
  }
  return result;
}

kernels::Pooling Pool::pooling() const {
  return std::holds_alternative<MaxPool2d>(layer) ? kernels::Pooling::kMax : kernels::Pooling::kAverage;
}

Windows Pool::windows(const Shape& input) const {
  return std::visit([&](const auto& pool) { return pool.windows(input); }, layer);
}

std::optional<Sliding> Pool::sliding(const Shape& input) const {
  const Windows places = windows(input);
  const auto join = [](const std::optional<Axis>& rows, const std::optional<Axis>& columns) {
    if (!rows || !columns) return std::optional<Sliding>();
    return std::optional(Sliding{{rows->kernel, columns->kernel},
                                 {rows->stride, columns->stride},
                                 {rows->before, columns->before},
                                 {rows->after, columns->after}});
  };
  if (std::holds_alternative<AdaptiveAvgPool2d>(layer))
    return join(adaptive_axis(places.rows), adaptive_axis(places.columns));
  return std::visit(
      [&](const auto& pool) {
        if constexpr (requires { pool.padding; }) {
          const bool is_mean = pooling() == kernels::Pooling::kAverage;
          return join(sliding_axis(places.rows, input.height,
                                   {pool.kernel_size.h, pool.stride.h, pool.padding.h}, is_mean),
                      sliding_axis(places.columns, input.width,
                                   {pool.kernel_size.w, pool.stride.w, pool.padding.w}, is_mean));
        }
        return std::optional<Sliding>();
      },
      layer);
}

Graph make_graph(const ModelSpec& model, const Weights& weights) {
  return Builder(model, weights).build();
}

std::vector<int> count_readers(const Graph& graph) {
  std::vector<int> readers(graph.nodes.size());
  for (const Node& node : graph.nodes) {
    for (const size_t input : node.inputs) ++readers[input];
  }
  return readers;
}

Graph fold_batch_norms(const Graph& graph) {
  const std::vector<int> readers = count_readers(graph);
  Graph result;
  std::vector<size_t> place;  // of each node of `graph` in the result
  for (const Node& node : graph.nodes) {
    const auto* norm = std::get_if<BatchNorm>(&node.operation);
    if (norm != nullptr && readers[node.inputs[0]] == 1) {
      Node& input = result.nodes[place[node.inputs[0]]];
      if (auto* convolution = std::get_if<Convolution>(&input.operation)) {
        *convolution = folded(std::move(*convolution), scale_of(*norm));
        place.push_back(place[node.inputs[0]]);
        continue;
      }
    }
    place.push_back(result.nodes.size());
    result.nodes.push_back(node);
    for (size_t& input : result.nodes.back().inputs) input = place[input];
  }
  return result;
}

Runner::Runner(const Graph& graph) : graph_(graph) {
  for (const Node& node : graph.nodes) outputs_.emplace_back(block_floats(node.output));
}

void Runner::run() {
  for (size_t at = 1; at < graph_.nodes.size(); ++at) {
    const Node& node = graph_.nodes[at];
    const float* other = node.inputs.size() > 1 ? outputs_[node.inputs[1]].data() : nullptr;
    std::visit(Step{graph_, node, outputs_[node.inputs[0]].data(), other, outputs_[at].data()},
               node.operation);
  }
}

}  // namespace rung::nn::graph

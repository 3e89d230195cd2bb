#include "report/draw_box.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/overloaded.h"
#include "nn/graph.h"

namespace rung::report {
namespace {

using nlohmann::ordered_json;
using nn::graph::Graph;
using nn::graph::Node;

constexpr size_t kMostBytes = 110'000;  // of the box's data: the script and the rest take less than 10 kB

ordered_json windows_json(const std::vector<kernels::Window>& windows) {
  ordered_json json = ordered_json::array();
  for (const kernels::Window& window : windows) json.push_back({window.begin, window.end, window.size});
  return json;
}

// The nodes, and the numbers that they refer to by their place.
class Writer {
 public:
  explicit Writer(const Graph& graph) : graph_(graph) {
    for (size_t i = 1; i < graph.nodes.size(); ++i) {
      const Node& node = graph.nodes[i];
      ordered_json json =
          std::visit([&](const auto& operation) { return of(operation, node); }, node.operation);
      json["from"] = node.inputs;
      json["shape"] = {node.output.channels, node.output.height, node.output.width};
      nodes_.push_back(std::move(json));
    }
  }

  const ordered_json& nodes() const { return nodes_; }
  const std::vector<float>& numbers() const { return numbers_; }

 private:
  // The place of the values among the numbers.
  template <typename T>
  size_t keep(const std::vector<T>& values) {
    const size_t place = numbers_.size();
    for (const T value : values) numbers_.push_back(static_cast<float>(value));
    return place;
  }

  ordered_json of(const nn::graph::Input&, const Node&) { return {}; }
  ordered_json of(const nn::graph::Convolution& conv, const Node&) {
    const kernels::ConvShape& shape = conv.shape;
    return {{"do", "convolve"},
            {"kernel", {shape.kernel_h, shape.kernel_w}},
            {"stride", {shape.stride_h, shape.stride_w}},
            {"padding", {shape.pad_h, shape.pad_w}},
            {"dilation", {shape.dilation_h, shape.dilation_w}},
            {"groups", shape.groups},
            {"weight", keep(conv.weight)},
            {"bias", keep(conv.bias)}};
  }
  ordered_json of(const nn::graph::BatchNorm& norm, const Node&) {
    const nn::graph::Scale scale = scale_of(norm);
    return {{"do", "scale"}, {"weight", keep(scale.scale)}, {"bias", keep(scale.shift)}};
  }
  ordered_json of(const nn::graph::GroupNorm& norm, const Node&) {
    return {{"do", "normalise"},
            {"groups", norm.groups},
            {"eps", norm.eps},
            {"weight", keep(norm.weight)},
            {"bias", keep(norm.bias)}};
  }
  ordered_json of(const nn::graph::Relu&, const Node&) { return {{"do", "relu"}}; }
  ordered_json of(const nn::graph::LeakyRelu& relu, const Node&) {
    return {{"do", "leaky"}, {"weight", keep(relu.slope)}, {"slopes", relu.slope.size()}};
  }
  ordered_json of(const nn::graph::Function& function, const Node&) {
    return {{"do", name_of(function.function)}};
  }
  ordered_json of(const nn::graph::Pool& pool, const Node& node) {
    const nn::Windows windows = pool.windows(graph_.input_of(node));
    return {{"do", pool.pooling() == kernels::Pooling::kMax ? "most" : "mean"},
            {"rows", windows_json(windows.rows)},
            {"columns", windows_json(windows.columns)}};
  }
  ordered_json of(const nn::graph::Sum&, const Node&) { return {{"do", "add"}}; }
  ordered_json of(const nn::graph::Flatten&, const Node&) { return {{"do", "flatten"}}; }

  const Graph& graph_;
  ordered_json nodes_ = ordered_json::array();
  std::vector<float> numbers_;
};

}  // namespace

Html draw_box(const Exhibit& exhibit, Page& page) {
  const recipe::Recipe& recipe = exhibit.run.recipe;
  if (!exhibit.weights || recipe.model.input.channels != 1) return {};
  const Graph graph = fold_batch_norms(nn::graph::make_graph(recipe.model, *exhibit.weights));
  const Writer writer(graph);
  ordered_json classes = ordered_json::array();
  for (int label = 0; label < recipe.model.classes; ++label)
    classes.push_back(class_name(exhibit, static_cast<size_t>(label)));
  const ordered_json network{{"height", recipe.model.input.height},
                             {"width", recipe.model.input.width},
                             {"mean", recipe.dataset.mean->of_channel(0)},
                             {"std", recipe.dataset.std->of_channel(0)},
                             {"classes", classes},
                             {"nodes", writer.nodes()},
                             {"numbers", base64(std::as_bytes(std::span(writer.numbers())))}};
  if (network.dump().size() > kMostBytes) return {};
  return page.drawing(network);
}

}  // namespace rung::report

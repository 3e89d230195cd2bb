// The graph of a trained model against the engine: the same logits, with and without its batch norms folded.
#include "nn/graph.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "every_layer.h"
#include "random_weights.h"
#include "tensor_testing.h"

namespace rung::nn {
namespace {

using rung::testing::engine_logits;
using rung::testing::random_images;
using rung::testing::random_weights;

std::vector<float> graph_logits(const graph::Graph& graph, const std::vector<float>& images) {
  graph::Runner runner(graph);
  std::ranges::copy(images, runner.input().begin());
  runner.run();
  const auto logits = runner.output(graph.nodes.size() - 1);
  return {logits.begin(), logits.end()};
}

int count_batch_norms(const graph::Graph& graph) {
  return static_cast<int>(std::ranges::count_if(graph.nodes, [](const graph::Node& node) {
    return std::holds_alternative<graph::BatchNorm>(node.operation);
  }));
}

void expect_engine_logits(const ModelSpec& model, int batch_norms_after_folding) {
  const Weights weights = random_weights(make_plan(model));
  const std::vector<float> images = random_images(model.input);
  const std::vector<float> expected = engine_logits(model, weights, images);
  const graph::Graph graph = graph::make_graph(model, weights);
  const graph::Graph folded = graph::fold_batch_norms(graph);
  const auto logits = std::span<const float>(expected);
  rung::testing::expect_tensor_within("logits", graph_logits(graph, images), logits, 16);
  rung::testing::expect_tensor_within("logits, folded", graph_logits(folded, images), logits, 64);
  EXPECT_EQ(count_batch_norms(folded), batch_norms_after_folding);
}

TEST(GraphTest, HasEveryLayer) {
  for (const LayerSpec& layer : rung::testing::every_layer()) {
    SCOPED_TRACE(recipe_name(layer));
    expect_engine_logits(rung::testing::model_with(layer), 0);
  }
}

const Conv2d kConvolution{.out_channels = 4, .kernel_size = {3, 3}, .padding = {1, 1}, .bias = false};

ModelSpec with_head(std::vector<LayerSpec> layers) {
  layers.emplace_back(Flatten{});
  layers.emplace_back(Linear{3});
  return {{1, 6, 5}, 3, std::move(layers)};
}

TEST(GraphTest, FoldsBatchNormsInARow) {
  expect_engine_logits(with_head({kConvolution, BatchNorm2d{}, Dropout{}, BatchNorm2d{}, Relu{}}), 0);
}

// After relu, of the image, and where a sum needs the convolution's own output.
TEST(GraphTest, KeepsBatchNormsThatNoConvolutionPrecedes) {
  expect_engine_logits(with_head({kConvolution, Relu{}, BatchNorm2d{}}), 1);
  expect_engine_logits(with_head({BatchNorm2d{}, kConvolution}), 1);
  expect_engine_logits(with_head({kConvolution, BatchNorm2d{}, Relu{}, Add{0}}), 1);
}

TEST(GraphTest, SumsOutputsOfEarlierLayers) {
  expect_engine_logits(with_head({kConvolution, Relu{}, kConvolution, BatchNorm2d{}, Dropout{}, Add{1},
                                  Relu{}, Add{-2}, Add{4}}),
                       0);
}

}  // namespace
}  // namespace rung::nn

// What is in an ONNX file. tests/onnx/importers_test.sh lets other programs compute what is in it.
#include "export/onnx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <set>

#include "integer_testing.h"
#include "onnx/onnx.pb.h"
#include "onnx_cases.h"

namespace rung::exports {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

onnx::ModelProto parsed(const std::string& file) {
  onnx::ModelProto proto;
  EXPECT_TRUE(proto.ParseFromString(file));
  return proto;
}

onnx::ModelProto exported(const nn::ModelSpec& model, OnnxOptions options = {}) {
  return parsed(file_of(testing::OnnxCase{"case", model, std::move(options)}));
}

std::vector<std::string> operators(const onnx::ModelProto& proto) {
  std::vector<std::string> names;
  for (const auto& node : proto.graph().node()) names.push_back(node.op_type());
  return names;
}

// "1x2x3", with the names of sizes that are not known.
std::string shape_text(const onnx::ValueInfoProto& value) {
  std::string text;
  for (const auto& size : value.type().tensor_type().shape().dim())
    text += (text.empty() ? "" : "x") +
            (size.has_dim_param() ? size.dim_param() : std::to_string(size.dim_value()));
  return text;
}

const nn::ModelSpec kSmall{{1, 7, 6},
                           3,
                           {nn::Conv2d{.out_channels = 4, .kernel_size = {3, 3}}, nn::BatchNorm2d{},
                            nn::Relu{}, nn::AdaptiveAvgPool2d{}, nn::Flatten{}, nn::Linear{3}}};

TEST(Onnx, SaysWhatItIs) {
  const onnx::ModelProto proto = exported(kSmall, {.version = "1.2.3"});
  EXPECT_EQ(proto.ir_version(), 8);
  ASSERT_EQ(proto.opset_import_size(), 1);
  EXPECT_EQ(proto.opset_import(0).domain(), "");
  EXPECT_EQ(proto.opset_import(0).version(), 13);
  EXPECT_EQ(proto.producer_name(), "rung");
  EXPECT_EQ(proto.producer_version(), "1.2.3");
  ASSERT_EQ(proto.graph().input_size(), 1);
  ASSERT_EQ(proto.graph().output_size(), 1);
  EXPECT_EQ(proto.graph().input(0).name(), "image");
  EXPECT_EQ(shape_text(proto.graph().input(0)), "Nx1x7x6");
  EXPECT_EQ(proto.graph().input(0).type().tensor_type().elem_type(), onnx::TensorProto::FLOAT);
  EXPECT_EQ(proto.graph().output(0).name(), "logits");
  EXPECT_EQ(shape_text(proto.graph().output(0)), "Nx3");
}

TEST(Onnx, HasMetadata) {
  recipe::Recipe recipe;
  recipe.name = "name";
  recipe.title = "A \"title\"";
  recipe.dataset = {.name = "fashion_mnist", .mean = 0.25, .std = 0.5};
  recipe.model = kSmall;
  const nn::Weights weights = testing::random_weights(nn::make_plan(kSmall));
  const onnx::ModelProto proto = parsed(to_onnx(recipe, weights, {}));
  EXPECT_EQ(proto.graph().name(), "name");
  std::map<std::string, std::string> metadata;
  for (const auto& entry : proto.metadata_props()) metadata[entry.key()] = entry.value();
  EXPECT_THAT(metadata,
              ElementsAre(Pair("classes", R"(["T-shirt/top","Trouser","Pullover"])"),
                          Pair("input", "(pixel / 255 - mean) / std"), Pair("mean", "0.25"),
                          Pair("params", "63"), Pair("recipe", "name"), Pair("std", "0.5"),
                          Pair("title", "A \"title\""), Pair("weights_sha256", nn::weights_sha256(weights))));
}

TEST(Onnx, FoldsBatchNormsUnlessTheyAreKept) {
  EXPECT_THAT(operators(exported(kSmall)),
              ElementsAre("Conv", "Relu", "GlobalAveragePool", "Flatten", "Gemm"));
  EXPECT_THAT(operators(exported(kSmall, {.keep_batch_norm = true})),
              ElementsAre("Conv", "BatchNormalization", "Relu", "GlobalAveragePool", "Flatten", "Gemm"));
}

TEST(Onnx, NormalisesPixels) {
  const onnx::ModelProto proto = exported(kSmall, {.raw_input = true});
  EXPECT_EQ(proto.graph().input(0).type().tensor_type().elem_type(), onnx::TensorProto::UINT8);
  EXPECT_EQ(shape_text(proto.graph().input(0)), "Nx1x7x6");
  EXPECT_EQ(proto.graph().node(0).op_type(), "Cast");
}

TEST(Onnx, NamesParametersAsPyTorch) {
  std::set<std::string> names;
  const onnx::ModelProto proto = exported(kSmall, {.keep_batch_norm = true});
  for (const auto& tensor : proto.graph().initializer()) names.insert(tensor.name());
  EXPECT_THAT(names, ElementsAre("0.bias", "0.weight", "1.bias", "1.running_mean", "1.running_var",
                                 "1.weight", "5.bias", "5.weight"));
}

// Names are unique, operators come after what they read, and the output is made once.
void expect_sound(const onnx::GraphProto& graph) {
  std::set<std::string> known{graph.input(0).name()};
  for (const auto& tensor : graph.initializer())
    EXPECT_TRUE(known.insert(tensor.name()).second) << tensor.name();
  std::set<std::string> names;
  for (const auto& node : graph.node()) {
    EXPECT_TRUE(names.insert(node.name()).second) << node.name();
    for (const auto& input : node.input()) EXPECT_TRUE(known.contains(input)) << input;
    for (const auto& output : node.output()) EXPECT_TRUE(known.insert(output).second) << output;
  }
  EXPECT_TRUE(known.contains("logits"));
}

// What importers were seen to take for different things.
void expect_explicit(const onnx::NodeProto& node) {
  for (const auto& attribute : node.attribute()) {
    for (const char* name : {"auto_pad", "ceil_mode", "count_include_pad"}) EXPECT_NE(attribute.name(), name);
    if (node.op_type() == "AveragePool") {
      EXPECT_NE(attribute.name(), "pads");
    }
  }
}

TEST(Onnx, EveryFormIsSoundAndExplicit) {
  for (const testing::OnnxCase& c : testing::onnx_cases()) {
    SCOPED_TRACE(c.name);
    const onnx::ModelProto proto = parsed(file_of(c));
    expect_sound(proto.graph());
    for (const auto& node : proto.graph().node()) expect_explicit(node);
  }
}

std::vector<int64_t> attribute_of(const onnx::ModelProto& proto, const char* op, const char* name) {
  for (const auto& node : proto.graph().node()) {
    for (const auto& attribute : node.attribute()) {
      const bool is_it = node.op_type() == op && attribute.name() == name;
      if (is_it) return {attribute.ints().begin(), attribute.ints().end()};
    }
  }
  return {};
}

// Of a plane of 5 × 4.
TEST(Onnx, PadsWhatALastWindowReaches) {
  const auto proto = exported(testing::model_with(nn::MaxPool2d{{2, 2}, {1, 3}, {0, 1}, true}));
  EXPECT_THAT(attribute_of(proto, "MaxPool", "pads"), ElementsAre(0, 1, 0, 0));
  const auto ceil = exported(testing::model_with(nn::MaxPool2d{{3, 3}, {3, 3}, {0, 0}, true}));
  EXPECT_THAT(attribute_of(ceil, "MaxPool", "pads"), ElementsAre(0, 0, 1, 2));
}

TEST(Onnx, AveragesUnequalWindowsByMatrices) {
  EXPECT_THAT(operators(exported(testing::model_with(nn::AdaptiveAvgPool2d{{3, 3}}))),
              ElementsAre("Conv", "Reshape", "Conv", "Reshape", "MatMul", "Reshape", "Flatten", "Gemm"));
  EXPECT_THAT(operators(exported(testing::model_with(nn::AdaptiveAvgPool2d{{2, 3}}))),
              ElementsAre("Conv", "AveragePool", "Flatten", "Gemm"));
}

onnx::ModelProto exported_integers(const nn::ModelSpec& model, IntegerForm form, bool raw_input = true) {
  const auto [weights, graph, integers] = testing::random_integer_model(model);
  recipe::Recipe recipe;
  recipe.model = model;
  recipe.dataset.mean = testing::pixel_mean(model.input);
  recipe.dataset.std = testing::pixel_std(model.input);
  return parsed(to_integer_onnx(recipe, weights, integers, form, {.raw_input = raw_input}));
}

TEST(Onnx, IntegersHaveTwoForms) {
  const nn::ModelSpec model = testing::model_with(nn::Relu{});
  EXPECT_THAT(operators(exported_integers(model, IntegerForm::kQlinear)),
              ElementsAre("Cast", "QuantizeLinear", "QLinearConv", "DequantizeLinear", "DequantizeLinear",
                          "DequantizeLinear", "Conv", "Flatten"));
  const auto qdq = operators(exported_integers(model, IntegerForm::kQdq));
  EXPECT_EQ(std::ranges::count(qdq, "QLinearConv"), 0);
  EXPECT_EQ(std::ranges::count(qdq, "Conv"), 2);
  EXPECT_EQ(operators(exported_integers(model, IntegerForm::kQdq, false))[0], "Mul");
}

// Their scales give back the multipliers, and their biases hold no zero of the input.
TEST(Onnx, IntegersAreTheModels) {
  const nn::ModelSpec model = testing::model_with(nn::Relu{});
  const auto integers = testing::random_integer_model(model).integers;
  const auto& convolution = std::get<quantise::Convolution>(integers.nodes[1].operation);
  const onnx::ModelProto proto = exported_integers(model, IntegerForm::kQlinear);
  std::map<std::string, onnx::TensorProto> tensors;
  for (const auto& tensor : proto.graph().initializer()) tensors[tensor.name()] = tensor;
  const auto node = std::ranges::find(proto.graph().node(), "QLinearConv", &onnx::NodeProto::op_type);
  const auto values = [&]<typename T>(int input, T) {
    const std::string& raw = tensors[node->input(input)].raw_data();
    std::vector<T> result(raw.size() / sizeof(T));
    std::memcpy(result.data(), raw.data(), raw.size());
    return result;
  };
  EXPECT_EQ(values(3, int8_t{}), convolution.weight);  // of one input channel: the order is the same
  const double x_scale = values(1, float{})[0];
  const double y_scale = values(6, float{})[0];
  for (size_t k = 0; k < 4; ++k) {
    const double factor = x_scale * values(4, float{})[k] / y_scale;
    const auto& requantisation = *convolution.requantisation;
    const double expected = std::ldexp(requantisation.of_channel(k), -requantisation.shift);
    EXPECT_NEAR(factor / expected, 1, 1e-6);
    int bias = convolution.bias[k];
    for (size_t t = 0; t < 9; ++t) bias += values(2, uint8_t{})[0] * convolution.weight[k * 9 + t];
    EXPECT_EQ(values(8, int32_t{})[k], bias);
  }
}

TEST(Onnx, EveryIntegerFormIsSound) {
  for (const testing::IntegerCase& c : testing::integer_cases()) {
    SCOPED_TRACE(c.name);
    for (const IntegerForm form : {IntegerForm::kQdq, IntegerForm::kQlinear})
      expect_sound(exported_integers(c.model, form).graph());
  }
}

}  // namespace
}  // namespace rung::exports

#include "export/onnx.h"

#include <fmt/format.h>

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/error.h"
#include "data/class_names.h"
#include "export/onnx_builder.h"
#include "export/onnx_operators.h"
#include "nn/graph.h"

namespace rung::exports {
namespace {

void set_tensor(onnx::ValueInfoProto& value, const char* name, int32_t type,
                const std::vector<int64_t>& sizes) {
  value.set_name(name);
  onnx::TypeProto::Tensor& tensor = *value.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(type);
  tensor.mutable_shape()->add_dim()->set_dim_param("N");
  for (const int64_t size : sizes) tensor.mutable_shape()->add_dim()->set_dim_value(size);
}

std::string as_float(OnnxBuilder& onnx, const std::string& x) {
  return onnx.add("Cast", {x}, {{"to", int64_t{onnx::TensorProto::FLOAT}}});
}

// An operator whose second input is made of a number for all channels, or of one for each.
template <typename Function>
std::string with_channels(OnnxBuilder& onnx, std::string_view op, const std::string& x,
                          const ChannelValues& channels, Function function) {
  const auto values = channels.values();
  if (values.size() == 1) return onnx.add_with(op, x, function(values[0]));
  std::vector<float> numbers;
  for (const double value : values) numbers.push_back(static_cast<float>(function(value)));
  return onnx.add_with(op, x, numbers);
}

constexpr auto kTimes255 = [](double value) { return 255 * value; };

// (pixel / 255 - mean) / std
std::string normalised(OnnxBuilder& onnx, const data::DatasetSpec& dataset) {
  onnx.set_scope("Normalise");
  const std::string centred =
      with_channels(onnx, "Sub", as_float(onnx, kOnnxInput), *dataset.mean, kTimes255);
  return with_channels(onnx, "Mul", centred, *dataset.std, [](double std) { return 1 / (255 * std); });
}

// The input as pixels of uint8. If it has that type already it takes the way over float32 all the same,
// because OpenCV 4.14 takes bytes that no QuantizeLinear has made for int8.
std::string pixels(OnnxBuilder& onnx, const data::DatasetSpec& dataset, bool raw_input) {
  onnx.set_scope("Pixels");
  const std::string values =
      raw_input ? as_float(onnx, kOnnxInput)
                : with_channels(onnx, "Add", with_channels(onnx, "Mul", kOnnxInput, *dataset.std, kTimes255),
                                *dataset.mean, kTimes255);
  return onnx.add("QuantizeLinear",
                  {values, onnx.constant({}, std::vector{1.0F}), onnx.constant({}, std::vector<uint8_t>{0})});
}

void add_metadata(onnx::ModelProto& proto, const recipe::Recipe& recipe, const nn::Weights& weights,
                  bool raw_input) {
  const std::pair<const char*, std::string> entries[] = {
      {"recipe", recipe.name},
      {"title", recipe.title},
      {"classes", nlohmann::json(data::names_of_classes(recipe.dataset, recipe.model.classes)).dump()},
      {"input", raw_input ? "pixel" : "(pixel / 255 - mean) / std"},
      {"mean", to_text(*recipe.dataset.mean)},
      {"std", to_text(*recipe.dataset.std)},
      {"params", std::to_string(weights.parameters.size())},
      {"weights_sha256", nn::weights_sha256(weights)}};
  for (const auto& [key, value] : entries) {
    onnx::StringStringEntryProto& entry = *proto.add_metadata_props();
    entry.set_key(key);
    entry.set_value(value);
  }
}

// A file whose operators add(builder) adds, which returns the name of their output.
template <typename AddOperators>
std::string file_with(const AddOperators& add, const recipe::Recipe& recipe, const nn::Weights& weights,
                      const OnnxOptions& options) {
  onnx::ModelProto proto;
  proto.set_ir_version(kOnnxIrVersion);
  proto.set_producer_name("rung");
  proto.set_producer_version(options.version);
  proto.add_opset_import()->set_version(kOnnxOpset);
  proto.mutable_graph()->set_name(recipe.name);
  OnnxBuilder onnx(*proto.mutable_graph());
  onnx.rename(add(onnx), kOnnxOutput);
  const nn::Shape& input = recipe.model.input;
  set_tensor(*proto.mutable_graph()->add_input(), kOnnxInput,
             options.raw_input ? onnx::TensorProto::UINT8 : onnx::TensorProto::FLOAT,
             {input.channels, input.height, input.width});
  set_tensor(*proto.mutable_graph()->add_output(), kOnnxOutput, onnx::TensorProto::FLOAT,
             {recipe.model.classes});
  add_metadata(proto, recipe, weights, options.raw_input);
  if (proto.ByteSizeLong() > std::numeric_limits<int32_t>::max())
    throw UsageError("the model does not fit into an ONNX file, which has at most 2 GiB");
  return proto.SerializeAsString();
}

}  // namespace

std::string to_onnx(const recipe::Recipe& recipe, const nn::Weights& weights, const OnnxOptions& options) {
  const nn::graph::Graph whole = nn::graph::make_graph(recipe.model, weights);
  const nn::graph::Graph graph = options.keep_batch_norm ? whole : nn::graph::fold_batch_norms(whole);
  const auto add = [&](OnnxBuilder& onnx) {
    return add_operators(onnx, recipe.model, graph,
                         options.raw_input ? normalised(onnx, recipe.dataset) : kOnnxInput);
  };
  return file_with(add, recipe, weights, options);
}

std::string to_integer_onnx(const recipe::Recipe& recipe, const nn::Weights& weights,
                            const quantise::IntegerModel& integers, IntegerForm form,
                            const OnnxOptions& options) {
  const auto add = [&](OnnxBuilder& onnx) {
    return add_integer_operators(onnx, recipe.model, integers, form,
                                 pixels(onnx, recipe.dataset, options.raw_input));
  };
  return file_with(add, recipe, weights, options);
}

}  // namespace rung::exports

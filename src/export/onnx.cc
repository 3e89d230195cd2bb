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

// (pixel / 255 - mean) / std
std::string normalised(OnnxBuilder& onnx, const std::string& pixels, const data::DatasetSpec& dataset) {
  onnx.set_scope("Normalise");
  const auto with = [&](const char* op, const std::string& x, double constant) {
    return onnx.add(op, {x, onnx.constant({1}, {static_cast<float>(constant)})});
  };
  const std::string cast = onnx.add("Cast", {pixels}, {{"to", int64_t{onnx::TensorProto::FLOAT}}});
  return with("Mul", with("Sub", cast, 255 * *dataset.mean), 1 / (255 * *dataset.std));
}

// A JSON array.
std::string class_names(const recipe::Recipe& recipe) {
  nlohmann::json list = nlohmann::json::array();
  for (size_t k = 0; k < static_cast<size_t>(recipe.model.classes); ++k)
    list.push_back(data::class_name(recipe.dataset.name, k));
  return list.dump();
}

void add_metadata(onnx::ModelProto& proto, const recipe::Recipe& recipe, const nn::Weights& weights,
                  bool raw_input) {
  const std::pair<const char*, std::string> entries[] = {
      {"recipe", recipe.name},
      {"title", recipe.title},
      {"classes", class_names(recipe)},
      {"input", raw_input ? "pixel" : "(pixel / 255 - mean) / std"},
      {"mean", fmt::format("{}", *recipe.dataset.mean)},
      {"std", fmt::format("{}", *recipe.dataset.std)},
      {"params", std::to_string(weights.parameters.size())},
      {"weights_sha256", nn::weights_sha256(weights)}};
  for (const auto& [key, value] : entries) {
    onnx::StringStringEntryProto& entry = *proto.add_metadata_props();
    entry.set_key(key);
    entry.set_value(value);
  }
}

}  // namespace

std::string to_onnx(const recipe::Recipe& recipe, const nn::Weights& weights, const OnnxOptions& options) {
  const nn::graph::Graph whole = nn::graph::make_graph(recipe.model, weights);
  const nn::graph::Graph graph = options.keep_batch_norm ? whole : nn::graph::fold_batch_norms(whole);
  onnx::ModelProto proto;
  proto.set_ir_version(kOnnxIrVersion);
  proto.set_producer_name("rung");
  proto.set_producer_version(options.version);
  proto.add_opset_import()->set_version(kOnnxOpset);
  proto.mutable_graph()->set_name(recipe.name);
  OnnxBuilder onnx(*proto.mutable_graph());
  const std::string images = options.raw_input ? normalised(onnx, kOnnxInput, recipe.dataset) : kOnnxInput;
  onnx.rename(add_operators(onnx, recipe.model, graph, images), kOnnxOutput);
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

}  // namespace rung::exports

#include "export/onnx_builder.h"

#include <fmt/format.h>

#include <utility>

#include "base/overloaded.h"

namespace rung::exports {

std::string OnnxBuilder::unique(std::string_view what) {
  std::string name = fmt::format("{}/{}", scope_, what);
  const int count = ++names_[name];
  return count == 1 ? name : fmt::format("{}_{}", name, count);
}

std::string OnnxBuilder::add(std::string_view op, std::vector<std::string> inputs,
                             const std::vector<OnnxAttribute>& attributes) {
  std::string name = unique(op);
  onnx::NodeProto& node = *graph_.add_node();
  node.set_name(name);
  node.set_op_type(std::string(op));
  for (std::string& input : inputs) node.add_input(std::move(input));
  node.add_output(name);
  for (const OnnxAttribute& attribute : attributes) {
    onnx::AttributeProto& proto = *node.add_attribute();
    proto.set_name(std::string(attribute.name));
    std::visit(Overloaded{[&](int64_t value) {
                            proto.set_type(onnx::AttributeProto::INT);
                            proto.set_i(value);
                          },
                          [&](float value) {
                            proto.set_type(onnx::AttributeProto::FLOAT);
                            proto.set_f(value);
                          },
                          [&](const std::vector<int64_t>& values) {
                            proto.set_type(onnx::AttributeProto::INTS);
                            proto.mutable_ints()->Add(values.begin(), values.end());
                          }},
               attribute.value);
  }
  return name;
}

onnx::TensorProto& OnnxBuilder::add_tensor(const std::string& name, const std::vector<int64_t>& shape,
                                           int32_t type) {
  onnx::TensorProto& tensor = *graph_.add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(type);
  tensor.mutable_dims()->Add(shape.begin(), shape.end());
  return tensor;
}

std::string OnnxBuilder::named_constant(const std::string& name, const std::vector<int64_t>& shape,
                                        const std::vector<float>& values) {
  onnx::TensorProto& tensor = add_tensor(name, shape, onnx::TensorProto::FLOAT);
  tensor.mutable_float_data()->Add(values.begin(), values.end());
  return name;
}

std::string OnnxBuilder::constant(const std::vector<int64_t>& shape, const std::vector<float>& values) {
  return named_constant(unique("constant"), shape, values);
}

std::string OnnxBuilder::constant(const std::vector<int64_t>& values) {
  std::string name = unique("shape");
  onnx::TensorProto& tensor =
      add_tensor(name, {static_cast<int64_t>(values.size())}, onnx::TensorProto::INT64);
  tensor.mutable_int64_data()->Add(values.begin(), values.end());
  return name;
}

void OnnxBuilder::rename(const std::string& from, const std::string& to) {
  for (onnx::NodeProto& node : *graph_.mutable_node()) {
    for (std::string& input : *node.mutable_input())
      if (input == from) input = to;
    for (std::string& output : *node.mutable_output())
      if (output == from) output = to;
  }
}

}  // namespace rung::exports

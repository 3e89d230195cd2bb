#include "export/onnx_builder.h"

#include <fmt/format.h>

#include <bit>
#include <utility>

#include "base/overloaded.h"

namespace rung::exports {
namespace {

template <typename T>
constexpr int32_t kDataType = onnx::TensorProto::UNDEFINED;
template <>
constexpr int32_t kDataType<float> = onnx::TensorProto::FLOAT;
template <>
constexpr int32_t kDataType<int8_t> = onnx::TensorProto::INT8;
template <>
constexpr int32_t kDataType<uint8_t> = onnx::TensorProto::UINT8;
template <>
constexpr int32_t kDataType<int32_t> = onnx::TensorProto::INT32;
template <>
constexpr int32_t kDataType<int64_t> = onnx::TensorProto::INT64;

}  // namespace

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

// Tensors lie in a file as they lie in the memory of such a machine.
static_assert(std::endian::native == std::endian::little);

template <typename T>
std::string OnnxBuilder::named_constant(const std::string& name, const std::vector<int64_t>& shape,
                                        const std::vector<T>& values) {
  onnx::TensorProto& tensor = *graph_.add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(kDataType<T>);
  tensor.mutable_dims()->Add(shape.begin(), shape.end());
  tensor.set_raw_data(values.data(), values.size() * sizeof(T));
  return name;
}
template std::string OnnxBuilder::named_constant(const std::string&, const std::vector<int64_t>&,
                                                 const std::vector<float>&);
template std::string OnnxBuilder::named_constant(const std::string&, const std::vector<int64_t>&,
                                                 const std::vector<int8_t>&);
template std::string OnnxBuilder::named_constant(const std::string&, const std::vector<int64_t>&,
                                                 const std::vector<uint8_t>&);
template std::string OnnxBuilder::named_constant(const std::string&, const std::vector<int64_t>&,
                                                 const std::vector<int32_t>&);
template std::string OnnxBuilder::named_constant(const std::string&, const std::vector<int64_t>&,
                                                 const std::vector<int64_t>&);

void OnnxBuilder::rename(const std::string& from, const std::string& to) {
  for (onnx::NodeProto& node : *graph_.mutable_node()) {
    for (std::string& input : *node.mutable_input())
      if (input == from) input = to;
    for (std::string& output : *node.mutable_output())
      if (output == from) output = to;
  }
}

}  // namespace rung::exports

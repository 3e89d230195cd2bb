// An ONNX graph that grows operator by operator: names, constants and attributes. It knows ONNX's schema, and
// nothing of layers. The schema is the one that ONNX publishes, compiled by cmake/onnx.cmake.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "onnx/onnx.pb.h"

namespace rung::exports {

struct OnnxAttribute {
  std::string_view name;
  std::variant<int64_t, float, std::vector<int64_t>> value;
};

// Values go by their names, which are unique in a graph.
class OnnxBuilder {
 public:
  explicit OnnxBuilder(onnx::GraphProto& graph) : graph_(graph) {}

  // What the names of the operators and constants to come begin with: "Conv2d-4" gives "Conv2d-4/Conv".
  void set_scope(std::string scope) { scope_ = std::move(scope); }

  // Adds an operator with one output. Returns the output's name.
  std::string add(std::string_view op, std::vector<std::string> inputs,
                  const std::vector<OnnxAttribute>& attributes = {});

  // The same of a value and a float32.
  std::string add_with(std::string_view op, const std::string& x, double value) {
    return add(op, {x, constant({1}, std::vector{static_cast<float>(value)})});
  }

  // The same with a number for each channel.
  std::string add_with(std::string_view op, const std::string& x, const std::vector<float>& values) {
    return add(op, {x, constant({static_cast<int64_t>(values.size()), 1, 1}, values)});
  }

  // Adds a constant tensor and returns its name: `name` unchanged, or one in the scope. T is float, int8_t,
  // uint8_t, int32_t or int64_t. A scalar's shape is empty.
  template <typename T>
  std::string named_constant(const std::string& name, const std::vector<int64_t>& shape,
                             const std::vector<T>& values);
  template <typename T>
  std::string constant(const std::vector<int64_t>& shape, const std::vector<T>& values) {
    return named_constant(unique("constant"), shape, values);
  }
  // Sizes along the axes.
  std::string shape(const std::vector<int64_t>& sizes) {
    return named_constant(unique("shape"), {static_cast<int64_t>(sizes.size())}, sizes);
  }

  // Gives a value that an operator has made another name.
  void rename(const std::string& from, const std::string& to);

 private:
  std::string unique(std::string_view what);

  onnx::GraphProto& graph_;
  std::string scope_;
  std::map<std::string, int> names_;  // how many have been asked for
};

}  // namespace rung::exports

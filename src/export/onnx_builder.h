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

  // Adds a constant tensor and returns its name: `name` unchanged, or one in the scope.
  std::string named_constant(const std::string& name, const std::vector<int64_t>& shape,
                             const std::vector<float>& values);
  std::string constant(const std::vector<int64_t>& shape, const std::vector<float>& values);
  std::string constant(const std::vector<int64_t>& values);

  // Gives a value that an operator has made another name.
  void rename(const std::string& from, const std::string& to);

 private:
  std::string unique(std::string_view what);
  onnx::TensorProto& add_tensor(const std::string& name, const std::vector<int64_t>& shape, int32_t type);

  onnx::GraphProto& graph_;
  std::string scope_;
  std::map<std::string, int> names_;  // how many have been asked for
};

}  // namespace rung::exports

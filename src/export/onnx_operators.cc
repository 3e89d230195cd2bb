#include "export/onnx_operators.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <variant>
#include <vector>

#include "export/onnx_activations.h"

namespace rung::exports {
namespace {

using Ints = std::vector<int64_t>;

bool is_whole(const std::vector<kernels::Window>& windows, int inputs) {
  return windows.size() == 1 && windows[0] == kernels::Window{0, inputs, inputs};
}

// [windows, inputs]: a row of each window's shares of its inputs.
std::vector<float> averaging_matrix(const std::vector<kernels::Window>& windows, int inputs) {
  std::vector<float> matrix(windows.size() * static_cast<size_t>(inputs));
  for (size_t i = 0; i < windows.size(); ++i) {
    const auto row = matrix.begin() + static_cast<std::ptrdiff_t>(i) * inputs;
    std::fill(row + windows[i].begin, row + windows[i].end, 1 / static_cast<float>(windows[i].size));
  }
  return matrix;
}

// [columns, rows] of [rows, columns].
std::vector<float> transposed(const std::vector<float>& matrix, size_t rows) {
  const size_t columns = matrix.size() / rows;
  std::vector<float> result(matrix.size());
  for (size_t i = 0; i < matrix.size(); ++i) result[i % columns * rows + i / columns] = matrix[i];
  return result;
}

bool is_zero(const std::vector<float>& values) {
  return std::ranges::all_of(values, [](float value) { return value == 0; });
}

class Writer {
 public:
  Writer(const nn::ModelSpec& model, const nn::graph::Graph& graph, OnnxBuilder& onnx)
      : model_(model), graph_(graph), onnx_(onnx) {}

  std::string write(const std::string& images) {
    values_.push_back({images, ""});
    for (size_t at = 1; at < graph_.nodes.size(); ++at) {
      node_ = &graph_.nodes[at];
      onnx_.set_scope(nn::numbered_name(model_, node_->layer));
      values_.push_back(
          std::visit([this](const auto& operation) { return add(operation); }, node_->operation));
    }
    return flat(values_.size() - 1);
  }

 private:
  // A node's output under the names it has: as [N, C, H, W], and as [N, C * H * W]. At least one.
  struct Value {
    std::string image;
    std::string flat;
  };

  const std::string& flat(size_t node) {
    Value& value = values_[node];
    if (value.flat.empty()) value.flat = onnx_.add("Flatten", {value.image}, {{"axis", 1}});
    return value.flat;
  }
  const std::string& image(size_t node) {
    Value& value = values_[node];
    if (value.image.empty()) value.image = reshaped(value.flat, shape_of(graph_.nodes[node].output));
    return value.image;
  }
  static Ints shape_of(const nn::Shape& shape) { return {-1, shape.channels, shape.height, shape.width}; }
  std::string reshaped(const std::string& x, const Ints& shape) {
    return onnx_.add("Reshape", {x, onnx_.shape(shape)});
  }

  const nn::Shape& input_shape() const { return graph_.input_of(*node_); }
  const std::string& input_image() { return image(node_->inputs[0]); }

  std::string parameter(const char* name, const Ints& shape, const std::vector<float>& values) {
    return onnx_.named_constant(fmt::format("{}.{}", node_->layer, name), shape, values);
  }
  std::string vector_parameter(const char* name, const std::vector<float>& values) {
    return parameter(name, {static_cast<int64_t>(values.size())}, values);
  }

  Value add(const nn::graph::Input& /*images*/) { return values_.front(); }

  Value add(const nn::graph::Convolution& c) {
    if (std::holds_alternative<nn::Linear>(model_.layers[node_->layer])) return {"", linear(c)};
    const kernels::ConvShape& s = c.shape;
    std::vector<std::string> inputs{
        input_image(),
        parameter("weight", {s.out_channels, s.group_inputs(), s.kernel_h, s.kernel_w}, c.weight)};
    if (!is_zero(c.bias)) inputs.push_back(vector_parameter("bias", c.bias));
    return {onnx_.add("Conv", inputs,
                      {{"kernel_shape", Ints{s.kernel_h, s.kernel_w}},
                       {"strides", Ints{s.stride_h, s.stride_w}},
                       {"pads", Ints{s.pad_h, s.pad_w, s.pad_h, s.pad_w}},
                       {"dilations", Ints{s.dilation_h, s.dilation_w}},
                       {"group", s.groups}}),
            ""};
  }
  std::string linear(const nn::graph::Convolution& c) {
    std::vector<std::string> inputs{
        flat(node_->inputs[0]), parameter("weight", {c.shape.out_channels, c.shape.in_channels}, c.weight)};
    if (!is_zero(c.bias)) inputs.push_back(vector_parameter("bias", c.bias));
    return onnx_.add("Gemm", inputs, {{"transB", 1}});
  }

  Value add(const nn::graph::BatchNorm& norm) {
    return {onnx_.add(
                "BatchNormalization",
                {input_image(), vector_parameter("weight", norm.weight), vector_parameter("bias", norm.bias),
                 vector_parameter("running_mean", norm.mean), vector_parameter("running_var", norm.variance)},
                {{"epsilon", static_cast<float>(norm.eps)}}),
            ""};
  }

  // A group is normalised as if it were one channel.
  Value add(const nn::graph::GroupNorm& norm) {
    const nn::Shape& s = input_shape();
    const auto groups = static_cast<size_t>(norm.groups);
    const std::string grouped =
        reshaped(input_image(), {-1, norm.groups, s.channels / norm.groups * s.height, s.width});
    const std::string normalised =
        onnx_.add("InstanceNormalization",
                  {grouped, onnx_.constant({norm.groups}, std::vector<float>(groups, 1)),
                   onnx_.constant({norm.groups}, std::vector<float>(groups, 0))},
                  {{"epsilon", static_cast<float>(norm.eps)}});
    // A convolution, because OpenCV 5 takes Mul and Add here for a form of its own that needs a plane.
    const auto channels = static_cast<int64_t>(norm.weight.size());
    return {
        onnx_.add("Conv",
                  {reshaped(normalised, shape_of(s)), parameter("weight", {channels, 1, 1, 1}, norm.weight),
                   vector_parameter("bias", norm.bias)},
                  {{"kernel_shape", Ints{1, 1}}, {"group", channels}}),
        ""};
  }

  Value add(const nn::graph::Relu& relu) { return activation(relu); }
  Value add(const nn::graph::LeakyRelu& relu) {
    if (relu.slope.size() == 1) return activation(relu);
    return {
        onnx_.add("PRelu", {input_image(), parameter("weight", {std::ssize(relu.slope), 1, 1}, relu.slope)}),
        ""};
  }
  Value add(const nn::graph::Function& f) { return activation(f); }

  // The output has the shape that the input has.
  Value activation(const nn::graph::Activation& function) {
    const Value& x = values_[node_->inputs[0]];
    return x.image.empty() ? Value{"", add_activation(onnx_, function, x.flat)}
                           : Value{add_activation(onnx_, function, x.image), ""};
  }

  Value add(const nn::graph::Pool& pool) {
    const nn::Windows windows = pool.windows(input_shape());
    const auto sliding = pool.sliding(input_shape());
    if (pool.pooling() == kernels::Pooling::kMax) return {maximum(sliding.value()), ""};
    const nn::Shape& s = input_shape();
    if (is_whole(windows.rows, s.height) && is_whole(windows.columns, s.width))
      return {onnx_.add("GlobalAveragePool", {input_image()}), ""};
    return {sliding ? average(*sliding) : average_by_matrices(windows), ""};
  }

  // No ceil_mode: importers differ in how many windows they take it for.
  std::string maximum(const nn::graph::Sliding& s) {
    return onnx_.add("MaxPool", {input_image()},
                     {{"kernel_shape", Ints{s.kernel.h, s.kernel.w}},
                      {"strides", Ints{s.stride.h, s.stride.w}},
                      {"pads", Ints{s.before.h, s.before.w, s.after.h, s.after.w}}});
  }

  // Importers differ in what they take padding and count_include_pad for, so the zeros are an operator of
  // their own.
  std::string average(const nn::graph::Sliding& s) {
    std::string x = input_image();
    if (s.before.h + s.before.w + s.after.h + s.after.w > 0)
      x = onnx_.add("Pad", {x, onnx_.shape({0, 0, s.before.h, s.before.w, 0, 0, s.after.h, s.after.w})});
    return onnx_.add(
        "AveragePool", {x},
        {{"kernel_shape", Ints{s.kernel.h, s.kernel.w}}, {"strides", Ints{s.stride.h, s.stride.w}}});
  }

  // Down the columns a 1x1 convolution whose channels are the rows, along the rows a product of matrices.
  std::string average_by_matrices(const nn::Windows& windows) {
    const nn::Shape& in = input_shape();
    const nn::Shape& out = node_->output;
    const std::string rows =
        onnx_.constant({out.height, in.height, 1, 1}, averaging_matrix(windows.rows, in.height));
    const std::string x = onnx_.add("Conv", {reshaped(input_image(), {-1, in.height, 1, in.width}), rows},
                                    {{"kernel_shape", Ints{1, 1}}});
    const std::string columns =
        onnx_.constant({in.width, out.width},
                       transposed(averaging_matrix(windows.columns, in.width), windows.columns.size()));
    return reshaped(onnx_.add("MatMul", {reshaped(x, {-1, in.width}), columns}), shape_of(out));
  }

  Value add(const nn::graph::Sum& /*sum*/) {
    const size_t x = node_->inputs[0];
    const size_t y = node_->inputs[1];
    if (!values_[x].flat.empty() && !values_[y].flat.empty())
      return {"", onnx_.add("Add", {flat(x), flat(y)})};
    return {onnx_.add("Add", {image(x), image(y)}), ""};
  }

  Value add(const nn::graph::Flatten& /*flatten*/) { return {"", flat(node_->inputs[0])}; }

  const nn::ModelSpec& model_;
  const nn::graph::Graph& graph_;
  OnnxBuilder& onnx_;
  std::vector<Value> values_;  // of each node so far
  const nn::graph::Node* node_ = nullptr;
};

}  // namespace

std::string add_operators(OnnxBuilder& onnx, const nn::ModelSpec& model, const nn::graph::Graph& graph,
                          const std::string& images) {
  return Writer(model, graph, onnx).write(images);
}

}  // namespace rung::exports

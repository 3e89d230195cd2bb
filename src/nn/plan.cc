#include "nn/plan.h"

#include <fmt/format.h>

#include <functional>
#include <numeric>
#include <utility>

namespace rung::nn {
namespace {

// Adds each layer to the last unit, or opens a new unit if the layer does not fit.
class PlanBuilder {
 public:
  PlanBuilder(const ModelSpec& model, const ModelInfo& info, GlobalPooling pooling)
      : info_(info), global_pooling_(pooling), is_added_(model.layers.size()) {
    plan_.input = model.input;
    plan_.classes = model.classes;
    for (size_t layer = 0; layer < model.layers.size(); ++layer) {
      if (const auto* sum = std::get_if<Add>(&model.layers[layer]))
        is_added_[static_cast<size_t>(added_layer(*sum, layer))] = true;
    }
  }

  void add(size_t layer, const LayerSpec& spec) {
    layer_ = layer;
    std::visit([this](const auto& l) { add(l); }, spec);
    if (is_added_[layer]) open_ = false;  // a later unit needs its output, so it must end a unit
    units_after_.push_back(plan_.units.size());
  }

  Plan finish() && { return std::move(plan_); }

 private:
  const Shape& input() const { return info_.layers[layer_].input; }
  const Shape& output() const { return info_.layers[layer_].output; }

  Unit& open_unit() {
    Unit unit;
    unit.input = input();
    plan_.units.push_back(unit);
    open_ = true;
    return plan_.units.back();
  }

  // The open unit if `fits`, else a new one.
  Unit& unit_where(const std::function<bool(const Unit&)>& fits) {
    if (open_ && fits(plan_.units.back())) return plan_.units.back();
    Unit& unit = open_unit();
    set_activation_input(unit, input());
    return unit;
  }

  static void set_activation_input(Unit& unit, const Shape& shape) {
    unit.activation.channels = shape.channels;
    unit.activation.height = shape.height;
    unit.activation.width = shape.width;
    unit.output = shape;
  }

  size_t add_tensor(std::vector<TensorInfo>& tensors, size_t& count, const std::string& name,
                    std::vector<int64_t> shape, float start) {
    const auto size =
        static_cast<size_t>(std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>()));
    tensors.push_back({.name = fmt::format("{}.{}", layer_, name),
                       .shape = std::move(shape),
                       .offset = count,
                       .size = size,
                       .start = start});
    count += size;
    return tensors.back().offset;
  }
  size_t add_parameter(const std::string& name, std::vector<int64_t> shape, double start) {
    return add_tensor(plan_.parameters, plan_.parameter_count, name, std::move(shape),
                      static_cast<float>(start));
  }
  size_t add_random_parameter(const std::string& name, std::vector<int64_t> shape, size_t fan_in) {
    const size_t offset = add_parameter(name, std::move(shape), 0);
    plan_.parameters.back().fan_in = fan_in;
    return offset;
  }
  size_t add_buffer(const std::string& name, std::vector<int64_t> shape, float start) {
    return add_tensor(plan_.buffers, plan_.buffer_count, name, std::move(shape), start);
  }

  void add_convolution(const kernels::ConvShape& shape, std::vector<int64_t> weight_shape, bool bias) {
    Unit& unit = open_unit();
    unit.conv = shape;
    const auto fan_in = static_cast<size_t>(shape.taps());
    unit.weight = add_random_parameter("weight", std::move(weight_shape), fan_in);
    if (bias) unit.bias = add_random_parameter("bias", {shape.out_channels}, fan_in);
    set_activation_input(unit, output());
  }

  static kernels::ConvShape linear_shape(int64_t inputs, int outputs) {
    return {.in_channels = static_cast<int>(inputs), .out_channels = outputs};
  }

  void add(const Conv2d& l) {
    const Shape& in = input();
    kernels::ConvShape shape{in.channels,     in.height,    in.width,   l.out_channels, l.kernel_size.h,
                             l.kernel_size.w, l.stride.h,   l.stride.w, l.padding.h,    l.padding.w,
                             l.dilation.h,    l.dilation.w, l.groups};
    const std::vector<int64_t> weight{l.out_channels, shape.group_inputs(), l.kernel_size.h, l.kernel_size.w};
    // A kernel that covers the whole image is a linear layer with the same weights in the same order.
    const bool covers =
        l.kernel_size == Size2{in.height, in.width} && l.padding == Size2{0, 0} && l.groups == 1;
    add_convolution(covers ? linear_shape(in.elements(), l.out_channels) : shape, weight, l.bias);
  }

  void add(const Linear& l) {
    const int64_t inputs = input().elements();
    add_convolution(linear_shape(inputs, l.out_features), {l.out_features, inputs}, l.bias);
  }

  void add(const BatchNorm2d& l) {
    Unit& unit = unit_where([](const Unit& s) {
      return !s.norm && s.dropout == 0 && !s.addition && !s.activation.function &&
             (!s.activation.relu || s.conv);
    });
    // Relu is then the convolution's last step, without bits, since batch norm's gradient reads the values
    // anyway.
    unit.activation.rectified = std::exchange(unit.activation.relu, false);
    const int64_t channels = input().channels;
    Unit::Norm norm{.eps = l.eps, .momentum = l.momentum};
    norm.weight = add_parameter("weight", {channels}, 1);
    norm.bias = add_parameter("bias", {channels}, 0);
    norm.running_mean = add_buffer("running_mean", {channels}, 0);
    norm.running_var = add_buffer("running_var", {channels}, 1);
    unit.norm = norm;
  }

  void add(const Dropout& l) { add_dropout(l.p, false); }
  void add(const Dropout2d& l) { add_dropout(l.p, true); }
  void add_dropout(double p, bool drops_channels) {
    if (p == 0) return;
    // Dropout may also follow a relu of the same unit: scaling by a positive number commutes with relu.
    Unit& unit =
        unit_where([](const Unit& s) { return s.dropout == 0 && !s.addition && !s.activation.function; });
    unit.dropout = p;
    unit.drops_channels = drops_channels;
    unit.dropout_layer = static_cast<uint32_t>(layer_);
  }

  void add(const Relu& /*layer*/) {
    unit_where([](const Unit& s) { return !s.activation.function; }).activation.relu = true;
  }

  void add_runner(std::shared_ptr<const LayerRunner> runner) {
    Unit& unit = open_unit();
    set_activation_input(unit, input());
    unit.output = output();
    unit.runner = std::move(runner);
    open_ = false;
  }

  template <RunsAlone Layer>
  void add(const Layer& l) {
    add_runner(l.runner(input(), [this](const std::string& name, std::vector<int64_t> shape, double start) {
      return add_parameter(name, std::move(shape), start);
    }));
  }
  template <IsFunction Layer>
  void add(const Layer& l) {
    Unit& unit =
        unit_where([](const Unit& s) { return !s.addition && !s.activation.relu && !s.activation.function; });
    unit.activation.function = l.function();
  }
  void add(const Add& l) {
    const size_t added = units_after_[static_cast<size_t>(added_layer(l, layer_))];
    for (Unit& earlier : plan_.units)
      if (earlier.addition && earlier.addition->unit == added) earlier.addition->last = false;
    Unit& unit = unit_where([](const Unit& s) {
      return s.dropout == 0 && !s.addition && !s.activation.relu && !s.activation.function;
    });
    unit.addition = {.unit = added, .last = true};
    plan_.units[added].input_is_added = true;
  }

  // Windows that tile the plane are pooled with what comes before.
  void add_tiling(kernels::Pooling pooling, Size2 window) {
    const bool is_global = window == Size2{input().height, input().width};
    if (is_global && global_pooling_ == GlobalPooling::kApart) open_ = false;
    Unit& unit = unit_where([](const Unit& s) { return !s.activation.function; });
    unit.activation.pooling = pooling;
    unit.activation.pool_h = window.h;
    unit.activation.pool_w = window.w;
    unit.output = output();
    open_ = false;
  }
  template <typename Pool>
  void add_pooling(kernels::Pooling pooling, const Pool& l) {
    const auto covers = [](int inputs, int window) { return inputs % window == 0; };
    const bool tiles = l.stride == l.kernel_size && l.padding == Size2{0, 0};
    const bool is_whole = covers(input().height, l.kernel_size.h) && covers(input().width, l.kernel_size.w);
    if (tiles && (is_whole || !l.ceil_mode)) return add_tiling(pooling, l.kernel_size);
    add_runner(pooling_runner(pooling, input(), l.windows(input())));
  }
  void add(const MaxPool2d& l) { add_pooling(kernels::Pooling::kMax, l); }
  void add(const AvgPool2d& l) { add_pooling(kernels::Pooling::kAverage, l); }
  void add(const AdaptiveAvgPool2d& l) {
    const Shape& in = input();
    if (in.height % l.output_size.h == 0 && in.width % l.output_size.w == 0)
      return add_tiling(kernels::Pooling::kAverage,
                        {in.height / l.output_size.h, in.width / l.output_size.w});
    add_runner(pooling_runner(kernels::Pooling::kAverage, in, l.windows(in)));
  }

  void add(const Flatten& /*layer*/) {
    if (output() == input()) return;
    open_ = false;  // the channels change after it; the memory does not
    if (!plan_.units.empty()) plan_.units.back().output = output();
  }

  const ModelInfo& info_;
  GlobalPooling global_pooling_;
  Plan plan_;
  std::vector<bool> is_added_;       // by layer: its output is added to a later one's
  std::vector<size_t> units_after_;  // by layer: units up to its end
  size_t layer_ = 0;
  bool open_ = false;  // further elementwise layers may join the last unit
};

}  // namespace

Plan make_plan(const ModelSpec& model, GlobalPooling pooling) {
  const ModelInfo info = infer(model);
  PlanBuilder builder(model, info, pooling);
  for (size_t layer = 0; layer < model.layers.size(); ++layer) builder.add(layer, model.layers[layer]);
  Plan plan = std::move(builder).finish();
  if (plan.parameter_count == 0)
    throw ShapeError(model.layers.size(), "the model has nothing to train",
                     "add a `conv2d` or a `linear` layer");
  return plan;
}

}  // namespace rung::nn

#include "export/c_float.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/overloaded.h"
#include "base/require.h"
#include "export/c_runtime.h"
#include "export/c_text.h"
#include "kernels/layout.h"

namespace rung::exports {
namespace {

using nn::graph::Graph;
using nn::graph::Node;

// The shortest decimal number that a C compiler reads as the same float.
std::string literal(float value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text + "f";
}

std::string floats(const std::string& name, const std::vector<float>& values) {
  return c_array(fmt::format("float {}[{}]", name, values.size()), values, literal);
}

std::vector<float> rounded(const std::vector<double>& values) {
  return {values.begin(), values.end()};
}

bool is_flatten(const Node& node) {
  return std::holds_alternative<nn::graph::Flatten>(node.operation);
}

// Whether element i of the output needs only element i of the inputs.
bool is_elementwise(const Node& node) {
  return std::visit(
      Overloaded{[](const nn::graph::BatchNorm&) { return true; },
                 [](const nn::graph::Relu&) { return true; },
                 [](const nn::graph::LeakyRelu&) { return true; },
                 [](const nn::graph::Function&) { return true; }, [](const nn::graph::Sum&) { return true; },
                 [](const nn::graph::Flatten&) { return true; }, [](const auto&) { return false; }},
      node.operation);
}

// Where each node's output lies in memory, in floats.
struct Memory {
  std::vector<int64_t> at;
  int64_t size = 0;
};

// Of one node, or of several that write one over the other.
struct Buffer {
  size_t first = 0;  // the node that begins it
  size_t last = 0;   // the last one that reads it
  int64_t size = 0;
  int64_t at = 0;
  bool is_placed = false;

  bool overlaps(const Buffer& other) const { return first <= other.last && other.first <= last; }
};

// `buffer_of` has each node's. An elementwise node writes over its first input, if nothing reads that later.
std::vector<Buffer> find_buffers(const Graph& graph, std::vector<size_t>& buffer_of) {
  std::vector<size_t> last_reader(graph.nodes.size(), graph.nodes.size());
  for (size_t node = 0; node < graph.nodes.size(); ++node)
    for (const size_t input : graph.nodes[node].inputs) last_reader[input] = node;
  std::vector<Buffer> buffers;
  for (size_t at = 0; at < graph.nodes.size(); ++at) {
    const Node& node = graph.nodes[at];
    if (is_elementwise(node)) {
      const size_t shared = buffer_of[node.inputs[0]];
      if (is_flatten(node) || buffers[shared].last <= at) {
        buffers[shared].last = std::max(buffers[shared].last, last_reader[at]);
        buffer_of.push_back(shared);
        continue;
      }
    }
    buffer_of.push_back(buffers.size());
    buffers.push_back({.first = at, .last = last_reader[at], .size = node.output.elements()});
  }
  return buffers;
}

// The lowest place between those that are needed at the same time.
int64_t free_place(const Buffer& buffer, const std::vector<Buffer>& buffers) {
  std::vector<std::pair<int64_t, int64_t>> taken;  // begin and end
  for (const Buffer& other : buffers)
    if (other.is_placed && buffer.overlaps(other)) taken.emplace_back(other.at, other.at + other.size);
  std::ranges::sort(taken);
  int64_t at = 0;
  for (const auto& [begin, end] : taken) {
    if (begin - at >= buffer.size) break;
    at = std::max(at, end);
  }
  return at;
}

// The largest are placed first.
Memory plan_memory(const Graph& graph) {
  std::vector<size_t> buffer_of;
  std::vector<Buffer> buffers = find_buffers(graph, buffer_of);
  std::vector<size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, std::greater(), [&](size_t i) { return buffers[i].size; });
  Memory memory;
  for (const size_t i : order) {
    buffers[i].at = free_place(buffers[i], buffers);
    buffers[i].is_placed = true;
    memory.size = std::max(memory.size, buffers[i].at + buffers[i].size);
  }
  for (const size_t buffer : buffer_of) memory.at.push_back(buffers[buffer].at);
  return memory;
}

// Writes NAME.c.
class FloatWriter {
 public:
  FloatWriter(const FloatModel& model, std::string name)
      : model_(model), graph_(model.graph), name_(std::move(name)), memory_(plan_memory(model.graph)) {
    for (size_t node = 1; node < graph_.nodes.size(); ++node) {
      at_ = node;
      std::visit([this](const auto& operation) { add(operation); }, graph_.nodes[node].operation);
    }
  }

  std::string source() const {
    const int64_t logits = memory_.at.back();
    std::string text = fmt::format(
        "/* {}: see {}.h. Made by Rung. */\n#include \"{}.h\"\n\n#include <math.h>\n\n", name_, name_, name_);
    text += fmt::format("#define LOGITS {}\n", logits) + normalisation();
    text += fmt::format("static float memory[{}];\n", memory_.size);
    text += named_c_part(kCFloatRuntime, "normalise", name_) + "\n";
    for (const std::string_view part : parts_) text += c_part(kCFloatRuntime, part);
    text += "\n" + tables_;
    text += fmt::format("int {}_predict(const uint8_t *image)\n{{\n  int best = 0;\n  int k;\n", name_);
    text += fmt::format("  normalise(image, {});\n", place(0)) + calls_;
    return replaced(text + named_c_part(kCFloatRuntime, "predict", name_), "\n\n\n", "\n\n");
  }

  chip::Sizes sizes() const { return {constants_, 4 * memory_.size}; }

 private:
  // A pixel is to the model pixel * PIXEL_SCALE + PIXEL_SHIFT.
  std::string normalisation() const {
    const size_t channels = std::max(model_.mean.values().size(), model_.std.values().size());  // that differ
    std::vector<std::string> scales, shifts;
    for (size_t channel = 0; channel < channels; ++channel) {
      const double std = model_.std.of_channel(channel);
      scales.push_back(literal(static_cast<float>(1 / (255 * std))));
      shifts.push_back(literal(static_cast<float>(-model_.mean.of_channel(channel) / std)));
    }
    if (channels == 1)
      return fmt::format("#define PIXEL_SCALE(channel) {}\n#define PIXEL_SHIFT(channel) {}\n\n", scales[0],
                         shifts[0]);
    return fmt::format(
        "#define PIXEL_SCALE(channel) pixel_scales[channel]\n#define PIXEL_SHIFT(channel) "
        "pixel_shifts[channel]\n\nstatic const float pixel_scales[{0}] = {{{1}}};\nstatic const float "
        "pixel_shifts[{0}] = {{{2}}};\n\n",
        channels, fmt::join(scales, ", "), fmt::join(shifts, ", "));
  }

  std::string place(size_t node) const { return fmt::format("memory + {}", memory_.at[node]); }
  const Node& node() const { return graph_.nodes[at_]; }
  const nn::Shape& input() const { return graph_.input_of(node()); }
  std::string input_place() const { return place(node().inputs[0]); }
  int64_t plane() const { return int64_t{node().output.height} * node().output.width; }

  void use(std::string_view part) {
    if (std::ranges::find(parts_, part) == parts_.end()) parts_.push_back(part);
  }
  // A call of a function of the runtime, which ends with its input's and output's place.
  void call(std::string_view function, const std::string& arguments) {
    calls_ += fmt::format("  {}({}, {}, {});\n", function, arguments, input_place(), place(at_));
  }
  std::string table(std::string_view what, const std::vector<float>& values) {
    std::string name = fmt::format("{}_{}", what, at_);
    tables_ += floats(name, values);
    constants_ += 4 * std::ssize(values);
    return name;
  }
  // Of ints.
  template <typename... Values>
  std::string shape(std::string_view type, const Values&... values) {
    std::string name = fmt::format("{}_{}", type, at_);
    const std::vector<int64_t> all{int64_t{values}...};
    tables_ += fmt::format("static const struct {} {} = {{{}}};\n\n", type, name, fmt::join(all, ", "));
    constants_ += 4 * std::ssize(all);
    return "&" + name;
  }

  void add(const nn::graph::Input& /*image*/) {}
  void add(const nn::graph::Flatten& /*flatten*/) {}

  void add(const nn::graph::Convolution& c) {
    use("convolve");
    const kernels::ConvShape& s = c.shape;
    const nn::Shape& out = node().output;
    const std::string convolution =
        shape("convolution", s.group_inputs(), s.in_height, s.in_width, s.out_channels / s.groups, s.groups,
              out.height, out.width, s.kernel_h, s.kernel_w, s.stride_h, s.stride_w, s.pad_h, s.pad_w,
              s.dilation_h, s.dilation_w);
    const std::string weights = table("weights", c.weight);
    call("convolve", fmt::format("{}, {}, {}", convolution, weights, table("biases", c.bias)));
  }

  void add(const nn::graph::Pool& pool) {
    const bool is_max = pool.pooling() == kernels::Pooling::kMax;
    use("pool");
    use(is_max ? "max_pool" : "average_pool");
    const nn::Windows windows = pool.windows(input());
    RUNG_REQUIRE(windows.step == nn::Size2{1, 1});
    const nn::Shape& out = node().output;
    const std::string pooling =
        shape("pooling", input().channels, input().height, input().width, out.height, out.width);
    const std::string rows = spans("rows", windows.rows);
    call(is_max ? "max_pool" : "average_pool",
         fmt::format("{}, {}, {}", pooling, rows, spans("columns", windows.columns)));
  }
  std::string spans(std::string_view what, const std::vector<kernels::Window>& windows) {
    std::string name = fmt::format("{}_{}", what, at_);
    tables_ += c_array(fmt::format("struct span {}[{}]", name, windows.size()), windows,
                       [](const kernels::Window& window) {
                         return fmt::format("{{{}, {}, {}}}", window.begin, window.end, window.size);
                       });
    constants_ += 12 * std::ssize(windows);
    return name;
  }

  void add(const nn::graph::BatchNorm& norm) {
    use("scale");
    const nn::graph::Scale scale = scale_of(norm);
    const std::string factors = table("factors", rounded(scale.scale));
    call("scale", fmt::format("{}, {}, {}, {}", factors, table("shifts", rounded(scale.shift)),
                              node().output.channels, plane()));
  }

  void add(const nn::graph::GroupNorm& norm) {
    use("group_norm");
    const std::string weights = table("weights", norm.weight);
    call("group_norm",
         fmt::format("{}, {}, {}, {}, {}, {}", weights, table("biases", norm.bias), norm.groups,
                     node().output.channels / norm.groups, plane(), literal(static_cast<float>(norm.eps))));
  }

  void add(const nn::graph::Relu& /*relu*/) { add_function("relu"); }
  void add(const nn::graph::LeakyRelu& relu) {
    use("leaky_relu");
    const auto channels = static_cast<size_t>(node().output.channels);
    const std::vector<float> slopes =
        relu.slope.size() == 1 ? std::vector(channels, relu.slope[0]) : relu.slope;
    call("leaky_relu", fmt::format("{}, {}, {}", table("slopes", slopes), channels, plane()));
  }
  void add(const nn::graph::Function& f) {
    switch (f.function) {
      case kernels::Function::kSilu:
        return add_function("silu");
      case kernels::Function::kGelu:
        return add_function("gelu");
      case kernels::Function::kGeluTanh:
        return add_function("gelu_tanh");
      case kernels::Function::kMish:
        return add_function("mish");
      case kernels::Function::kRelu6:
        return add_function("relu6");
      case kernels::Function::kHardswish:
        return add_function("hardswish");
      case kernels::Function::kSigmoid:
        return add_function("sigmoid");
      case kernels::Function::kTanh:
        return add_function("hyperbolic_tangent");
    }
  }
  void add_function(std::string_view function) {
    use(function);
    call(function, std::to_string(node().output.elements()));
  }

  void add(const nn::graph::Sum& /*sum*/) {
    use("add");
    call("add", fmt::format("{}, {}", node().output.elements(), place(node().inputs[1])));
  }

  const FloatModel& model_;
  const Graph& graph_;
  std::string name_;
  Memory memory_;
  size_t at_ = 0;  // the node that is written
  std::vector<std::string_view> parts_;
  std::string tables_;
  std::string calls_;
  int64_t constants_ = 0;
};

// One block of images, as the kernels take it.
void load_block(const FloatModel& model, std::span<const uint8_t> images, std::span<float> x) {
  const nn::Shape& shape = model.graph.nodes[0].output;
  const auto channels = static_cast<size_t>(shape.channels);
  const auto size = static_cast<size_t>(shape.elements());
  for (size_t at = 0; at < images.size(); ++at) {
    const size_t lane = at / size;
    const size_t pixel = at % size / channels;
    const size_t channel = at % channels;
    x[(channel * (size / channels) + pixel) * kernels::kLanes + lane] = static_cast<float>(
        (images[at] / 255.0 - model.mean.of_channel(channel)) / model.std.of_channel(channel));
  }
}

// [N, classes] by Rung's own kernels, of images [N][H][W][C].
std::vector<float> logits_of(const FloatModel& model, std::span<const uint8_t> images) {
  const auto size = static_cast<size_t>(model.graph.nodes[0].output.elements());
  const auto classes = static_cast<size_t>(model.graph.nodes.back().output.elements());
  nn::graph::Runner runner(model.graph);
  std::vector<float> logits;
  for (size_t at = 0; at < images.size(); at += kernels::kLanes * size) {
    const auto block = images.subspan(at, std::min(kernels::kLanes * size, images.size() - at));
    load_block(model, block, runner.input());
    runner.run();
    const auto values = runner.output(model.graph.nodes.size() - 1);
    for (size_t lane = 0; lane < block.size() / size; ++lane)
      for (size_t k = 0; k < classes; ++k) logits.push_back(values[k * kernels::kLanes + lane]);
  }
  return logits;
}

}  // namespace

chip::Sizes sizes_of(const FloatModel& model) {
  return FloatWriter(model, "net").sizes();
}

std::map<std::string, std::string> c_float_source(const FloatModel& model, const std::string& name) {
  const nn::Shape& logits = model.graph.nodes.back().output;
  return {
      {name + ".h", c_header(name, model.graph.nodes[0].output, static_cast<int>(logits.elements()), true)},
      {name + ".c", FloatWriter(model, name).source()}};
}

std::string c_float_test(const FloatModel& model, const std::string& name, std::span<const uint8_t> images) {
  const auto size = static_cast<size_t>(model.graph.nodes[0].output.elements());
  const size_t count = images.size() / size;
  std::string text =
      fmt::format("/* Runs {} images and compares the logits with those that Rung computed. */\n", count);
  text += fmt::format("#include \"{}.h\"\n\n#include <math.h>\n#include <stdio.h>\n\n", name);
  text += fmt::format("#define IMAGES {}\n#define PIXELS {}\n\n", count, size);
  text += c_array("uint8_t images[IMAGES * PIXELS]", std::vector<uint8_t>(images.begin(), images.end()),
                  [](uint8_t pixel) { return int{pixel}; });
  text += floats("expected", logits_of(model, images));
  return text + named_c_part(kCFloatRuntime, "test", name);
}

}  // namespace rung::exports

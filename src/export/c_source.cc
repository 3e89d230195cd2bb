#include "export/c_source.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <limits>
#include <set>
#include <string_view>
#include <utility>

#include "export/c_runtime.h"

namespace rung::exports {
namespace {

using quantise::AveragePool;
using quantise::Convolution;
using quantise::Lookup;
using quantise::MaxPool;
using quantise::Slide;
using quantise::Slopes;
using quantise::Sum;

// Makes one stage from one node, and collects what they need.
class Layout {
 public:
  explicit Layout(const quantise::IntegerModel& model) : model_(model) {}

  CLayout build() && {
    for (size_t at = 1; at < model_.nodes.size(); ++at) {
      const quantise::Node& node = model_.nodes[at];
      Stage stage;
      stage.node = &node;
      stage.input = model_.input_of(node);
      stage.output = node.output;
      std::visit([&](const auto& operation) { add(operation, stage); }, node.operation);
      result_.stages.push_back(stage);
    }
    for (Stage& stage : result_.stages) {
      stage.ring = take(stage.pixels * stage.input.channels);
      if (stage.kind == StageKind::kMaxTiles)
        stage.sum = take(int64_t{stage.output.width} * stage.output.channels);
    }
    count_waiting();
    for (Queue& queue : result_.queues) queue.at = take(queue.pixels * queue.channels);
    pack_weights();
    return std::move(result_);
  }

 private:
  int64_t take(int64_t bytes) {
    const int64_t at = result_.memory;
    result_.memory += bytes;
    return at;
  }
  int64_t take_sums(int64_t count) {
    const int64_t at = result_.sums;
    result_.sums += count;
    return at;
  }

  static bool tiles(const Slide& slide) {
    return slide.stride == slide.kernel && slide.dilation == nn::Size2{1, 1} &&
           slide.before == nn::Size2{0, 0} && slide.after == nn::Size2{0, 0};
  }
  static bool covers(const Slide& slide, const nn::Shape& plane) {
    return slide.kernel == nn::plane(plane) && slide.dilation == nn::Size2{1, 1} &&
           slide.before == nn::Size2{0, 0} && slide.after == nn::Size2{0, 0};
  }

  void set_requantisation(const std::optional<quantise::Requantisation>& requantisation, Stage& stage) {
    stage.channel = static_cast<int64_t>(result_.biases.size());
    if (!requantisation) return;
    stage.shift = requantisation->shift;
    stage.zero = requantisation->zero;
  }
  // Biases and multipliers have the same numbers. Those that a stage lacks are zeros.
  void add_channel(int32_t bias, int32_t multiplier) {
    result_.biases.push_back(bias);
    result_.multipliers.push_back(multiplier);
  }

  // A ring that holds the newest window, and room for its copy.
  void keep_window(Stage& stage, int64_t channels) {
    const nn::Size2 extent = stage.slide.extent();
    stage.pixels = int64_t{extent.h - 1} * stage.width() + extent.w;
    result_.window = std::max(result_.window, channels * stage.slide.kernel.h * stage.slide.kernel.w);
  }

  void add(const quantise::Image& /*image*/, Stage& /*stage*/) {}

  void add(const Convolution& c, Stage& stage) {
    stage.slide = c.slide;
    stage.groups = c.groups;
    stage.padding = c.padding;
    set_requantisation(c.requantisation, stage);
    for (size_t k = 0; k < c.bias.size(); ++k)
      add_channel(c.bias[k], c.requantisation ? c.requantisation->of_channel(k) : 0);
    stage.weight = static_cast<int64_t>(weights_.size());
    weights_.insert(weights_.end(), c.weight.begin(), c.weight.end());
    result_.weight_bits = c.weight_bits;
    if (c.groups == 1 && covers(c.slide, stage.input) && stage.input.height * stage.input.width > 1) {
      stage.kind = StageKind::kConvolvePlane;
      stage.sum = take_sums(stage.output.channels + stage.output.channels % 2);
    } else {
      stage.kind = StageKind::kConvolve;
      keep_window(stage, stage.input.channels / c.groups);
    }
  }

  void add(const MaxPool& pool, Stage& stage) {
    stage.slide = pool.slide;
    stage.kind = tiles(pool.slide) ? StageKind::kMaxTiles : StageKind::kMaxWindows;
    if (stage.kind == StageKind::kMaxWindows) keep_window(stage, stage.input.channels);
  }

  void add(const AveragePool& pool, Stage& stage) {
    stage.slide = pool.slide;
    stage.padding = pool.padding;
    set_requantisation(pool.requantisation, stage);
    add_channel(pool.bias, pool.requantisation ? pool.requantisation->of_channel(0) : 0);
    stage.kind = tiles(pool.slide) ? StageKind::kMeanTiles : StageKind::kMeanWindows;
    if (stage.kind == StageKind::kMeanTiles) {
      stage.sum = take_sums(int64_t{stage.output.width} * stage.output.channels);
    } else {
      keep_window(stage, stage.input.channels);
    }
  }

  void add(const Sum& sum, Stage& stage) {
    stage.kind = StageKind::kAdd;
    stage.shift = sum.shift;
    stage.channel = static_cast<int64_t>(result_.biases.size());
    for (const int32_t multiplier : sum.multiplier) add_channel(0, multiplier);
    stage.weight = static_cast<int64_t>(result_.queues.size());
    result_.queues.push_back({.from = stage.node->inputs[1],
                              .to = result_.stages.size() + 1,
                              .channels = stage.input.channels,
                              .offset = sum.offset});
  }

  void add(const Lookup& lookup, Stage& stage) {
    stage.kind = StageKind::kLookUp;
    stage.weight = static_cast<int64_t>(result_.tables.size());
    result_.tables.insert(result_.tables.end(), lookup.table.begin(), lookup.table.end());
  }

  void add(const Slopes& slopes, Stage& stage) {
    stage.kind = StageKind::kSlopes;
    stage.padding = slopes.zero;
    set_requantisation(slopes.negative, stage);
    add_channel(0, slopes.positive);
    for (size_t c = 0; c < static_cast<size_t>(stage.input.channels); ++c)
      add_channel(0, slopes.negative.of_channel(c));
  }

  // How many pixels wait in each queue at most: the stages' positions are followed as the C code moves them.
  void count_waiting();

  void pack_weights() {
    const size_t per_byte = 8 / static_cast<size_t>(result_.weight_bits);
    const unsigned mask = (1U << result_.weight_bits) - 1;
    result_.weights.resize((weights_.size() + per_byte - 1) / per_byte);
    for (size_t i = 0; i < weights_.size(); ++i) {
      const auto shift = static_cast<size_t>(result_.weight_bits) * (i % per_byte);
      const auto bits = (static_cast<unsigned>(weights_[i]) & mask) << shift;
      result_.weights[i / per_byte] =
          static_cast<int8_t>(static_cast<unsigned>(result_.weights[i / per_byte]) | bits);
    }
  }

  const quantise::IntegerModel& model_;
  CLayout result_;
  std::vector<int8_t> weights_;  // not packed
};

// Which pixel of its input each stage takes next.
class Positions {
 public:
  Positions(const CLayout& layout, std::vector<Queue>& queues) : layout_(layout), queues_(queues) {
    positions_.resize(layout.stages.size());
    waiting_.resize(queues.size());
    for (size_t level = positions_.size(); level-- > 0;) {
      if (is_border(level)) run(level);
    }
    for (int64_t i = 0; i < layout.stages[0].input.height * layout.stages[0].input.width; ++i) {
      gave(0);
      run(0);
    }
  }

 private:
  struct Position {
    int row = 0;
    int column = 0;
  };

  bool is_border(size_t level) const {
    const Stage& stage = layout_.stages[level];
    const auto [row, column] = positions_[level];
    const Slide& slide = stage.slide;
    return row < stage.height() && (row < slide.before.h || row >= stage.height() - slide.after.h ||
                                    column < slide.before.w || column >= stage.width() - slide.after.w);
  }

  // Takes one pixel; whether the stage gives one.
  bool take(size_t level) {
    const Stage& stage = layout_.stages[level];
    const Position at = positions_[level];
    positions_[level] =
        at.column + 1 == stage.width() ? Position{at.row + 1, 0} : Position{at.row, at.column + 1};
    const nn::Size2 extent = stage.slide.extent();
    const int row = at.row - (extent.h - 1);
    const int column = at.column - (extent.w - 1);
    return row >= 0 && column >= 0 && row % stage.slide.stride.h == 0 && column % stage.slide.stride.w == 0;
  }

  void gave(size_t stage) {
    for (size_t q = 0; q < queues_.size(); ++q) {
      if (queues_[q].from == stage) queues_[q].pixels = std::max(queues_[q].pixels, ++waiting_[q]);
      if (queues_[q].to == stage) --waiting_[q];
    }
  }

  void run(size_t base) {
    size_t level = base;
    for (;;) {
      if (take(level)) {
        gave(level + 1);
        if (level + 1 < positions_.size()) {
          ++level;
          continue;
        }
      }
      while (!is_border(level)) {
        if (level == base) return;
        --level;
      }
    }
  }

  const CLayout& layout_;
  std::vector<Queue>& queues_;
  std::vector<Position> positions_;
  std::vector<int64_t> waiting_;
};

void Layout::count_waiting() {
  if (!result_.queues.empty()) Positions(result_, result_.queues);
}

// The parts of c_runtime.c.
std::string_view part(std::string_view name) {
  const std::string mark = fmt::format("/*@ {} */\n", name);
  const size_t begin = kCRuntime.find(mark) + mark.size();
  return kCRuntime.substr(begin, kCRuntime.find("/*@ ", begin) - begin);
}

std::string upper(std::string_view name) {
  std::string result(name);
  std::ranges::transform(result, result.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return result;
}

// With every `from` as `to`.
std::string replaced(std::string text, std::string_view from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

// A part whose identifiers begin with a model's name.
std::string named(std::string_view part_name, const std::string& name) {
  const std::string text = replaced(std::string(part(part_name)), "net_", name + "_");
  return replaced(replaced(text, "NET_", upper(name) + "_"), "net:", name + ":");
}

template <typename T>
std::string array(std::string_view declaration, const std::vector<T>& values) {
  std::string text = fmt::format("static const {} FLASH = {{", declaration);
  size_t width = 1000;
  for (const T value : values) {
    const std::string number = fmt::format(" {},", static_cast<int64_t>(value));
    if (width + number.size() > 110) {
      text += "\n ";
      width = 1;
    }
    text += number;
    width += number.size();
  }
  return text + "\n};\n\n";
}

// Bytes of the unsigned type that holds numbers up to `largest`.
int64_t bytes_for(int64_t largest) {
  if (largest <= std::numeric_limits<uint8_t>::max()) return 1;
  return largest <= std::numeric_limits<uint16_t>::max() ? 2 : 4;
}

// Up to the next multiple.
int64_t aligned(int64_t bytes, int64_t alignment) {
  return (bytes + alignment - 1) / alignment * alignment;
}

// Every number of a stage, in the order of `struct stage`.
std::vector<int64_t> sizes_of(const Stage& s) {
  const Slide& slide = s.slide;
  return {s.input.channels, s.output.channels, s.height(),       s.width(),        slide.before.h,
          slide.before.w,   slide.after.h,     slide.after.w,    slide.kernel.h,   slide.kernel.w,
          slide.stride.h,   slide.stride.w,    slide.dilation.h, slide.dilation.w, s.groups};
}
std::vector<int64_t> offsets_of(const Stage& s) {
  return {s.ring, s.pixels, s.sum, s.weight, s.channel};
}

// Writes NAME.c.
class Writer {
 public:
  Writer(const quantise::IntegerModel& model, std::string name)
      : model_(model), name_(std::move(name)), layout_(lay_out(model)) {
    for (const Stage& stage : layout_.stages) {
      kinds_.insert(stage.kind);
      is_padded_ |= stage.slide.before != nn::Size2{0, 0} || stage.slide.after != nn::Size2{0, 0};
    }
  }

  std::string header() const {
    const nn::Shape& image = model_.nodes[0].output;
    std::string text = named("header", name_);
    for (const auto& [mark, value] : std::map<std::string, int>{{"@channels@", image.channels},
                                                                {"@height@", image.height},
                                                                {"@width@", image.width},
                                                                {"@classes@", model_.classes}})
      text = replaced(text, mark, std::to_string(value));
    return text;
  }

  // Where every type is aligned to its size: on an AVR, structs are up to 3 bytes shorter.
  CSizes sizes() const {
    const int64_t sizes = size_bytes();
    const int64_t offsets = offset_bytes();
    const int64_t larger = std::max(sizes, offsets);
    const int64_t stage = aligned(aligned(4 + 15 * sizes, offsets) + 5 * offsets, larger);
    const int64_t queue = aligned(4 * offsets, 8) + 8;
    const auto stages = std::ssize(layout_.stages);
    const auto queues = std::ssize(layout_.queues);
    return {.constants = std::ssize(layout_.weights) + std::ssize(layout_.biases) * (short_biases() ? 2 : 4) +
                         std::ssize(layout_.multipliers) * 4 + std::ssize(layout_.tables) + stages * stage +
                         queues * queue,
            .ram = bytes_of_memory() + layout_.window + 4 * layout_.sums + 4 * int64_t{model_.classes} + 1 +
                   stages * aligned(aligned(2 * sizes, offsets) + 2 * offsets, larger) +
                   queues * 2 * offsets};
  }

  std::string source() const {
    std::string text =
        fmt::format("/* {}: see {}.h. Made by Rung. */\n#include \"{}.h\"\n\n", name_, name_, name_);
    text += part("flash");
    text += definitions();
    text += part("stage");
    if (has(StageKind::kAdd)) text += part("queue");
    text += tables();
    text += part("state");
    text += memory();
    text += code();
    return replaced(text, "\n\n\n", "\n\n");
  }

 private:
  bool has(StageKind kind) const { return kinds_.contains(kind); }
  bool has_any(std::initializer_list<StageKind> kinds) const {
    return std::ranges::any_of(kinds, [&](StageKind kind) { return has(kind); });
  }

  // The last stage gives bytes, not sums.
  bool ends_in_bytes() const {
    const Stage& last = layout_.stages.back();
    return last.shift != 0 || last.kind == StageKind::kMaxTiles || last.kind == StageKind::kMaxWindows ||
           last.kind == StageKind::kLookUp;
  }

  int64_t bytes_of_memory() const { return layout_.memory + (ends_in_bytes() ? model_.classes : 0); }

  std::string definitions() const {
    int least_shift = quantise::kMostShift;
    for (const Stage& stage : layout_.stages) {
      if (stage.shift != 0 && stage.kind != StageKind::kAdd) least_shift = std::min(least_shift, stage.shift);
    }
    std::string text = fmt::format("\n#define STAGES {}\n", layout_.stages.size());
    if (has(StageKind::kAdd)) text += fmt::format("#define QUEUES {}\n", layout_.queues.size());
    text += fmt::format("#define OUTPUT {} /* of the last stage, in `memory` */\n",
                        ends_in_bytes() ? layout_.memory : 0);
    text += fmt::format("#define LEAST_SHIFT {}\n", least_shift);
    text += fmt::format("#define BIAS(i) {}(biases + (i))\n", short_biases() ? "READ_INT16" : "READ_INT32");
    text += "#define MULTIPLIER(i) READ_INT32(multipliers + (i))\n";
    text += fmt::format("#define RUN() run({})\n", is_padded_ ? "0" : "");
    text += fmt::format("#define KEEP(stage, pixel) {}\n\n",
                        has(StageKind::kAdd) ? "keep(stage, pixel)" : "(void)(pixel)");
    std::vector<std::string> names;
    for (const StageKind kind : kinds_) names.push_back(upper(name_of(kind)));
    text += fmt::format("enum {{ {} }};\n\n", fmt::join(names, ", "));
    return text + fmt::format("typedef uint{}_t size_type;\ntypedef uint{}_t offset_type;\n\n",
                              8 * size_bytes(), 8 * offset_bytes());
  }

  // Bytes of a size_type, and of an offset_type.
  int64_t size_bytes() const {
    int64_t largest = 0;
    for (const Stage& stage : layout_.stages) largest = std::max(largest, std::ranges::max(sizes_of(stage)));
    return bytes_for(largest);
  }
  int64_t offset_bytes() const {
    int64_t largest = std::max({bytes_of_memory(), std::ssize(layout_.tables),
                                std::ssize(layout_.weights) * (8 / layout_.weight_bits), layout_.sums});
    for (const Stage& stage : layout_.stages)
      largest = std::max(largest, std::ranges::max(offsets_of(stage)));
    return bytes_for(largest);
  }

  bool short_biases() const {
    return std::ranges::all_of(layout_.biases,
                               [](int32_t bias) { return bias >= INT16_MIN && bias <= INT16_MAX; });
  }

  std::string tables() const {
    std::string text = "\n";
    if (!layout_.weights.empty()) text += array("int8_t weights[]", layout_.weights);
    if (!layout_.biases.empty()) {
      text += array(short_biases() ? "int16_t biases[]" : "int32_t biases[]", layout_.biases);
      text += array("int32_t multipliers[]", layout_.multipliers);
    }
    if (!layout_.tables.empty()) text += array("uint8_t tables[]", layout_.tables);
    text += "static const struct stage stages[STAGES] FLASH = {\n";
    for (const Stage& stage : layout_.stages)
      text += fmt::format("  {{{}, {}, {}, {}, {}, {}}},\n", upper(name_of(stage.kind)), stage.padding,
                          stage.zero, stage.shift, fmt::join(sizes_of(stage), ", "),
                          fmt::join(offsets_of(stage), ", "));
    text += "};\n\n";
    if (!has(StageKind::kAdd)) return text;
    text += "static const struct queue queues[QUEUES] FLASH = {\n";
    for (const Queue& queue : layout_.queues)
      text += fmt::format("  {{{}, {}, {}, {}, {}}},\n", queue.from, queue.channels, queue.pixels, queue.at,
                          queue.offset);
    return text + "};\n\n";
  }

  std::string memory() const {
    std::string text = fmt::format("static uint8_t memory[{}];\n", bytes_of_memory());
    if (layout_.window > 0) text += fmt::format("static uint8_t window[{}];\n", layout_.window);
    if (layout_.sums > 0) text += fmt::format("static int32_t sums[{}];\n", layout_.sums);
    return text + fmt::format("static int32_t logits[{}];\nstatic uint8_t finished;\n", model_.classes);
  }

  std::string code() const {
    using enum StageKind;
    std::string text;
    if (has_any({kConvolve, kConvolvePlane, kMeanWindows, kMeanTiles, kSlopes})) text += part("requantise");
    if (has_any({kConvolve, kConvolvePlane, kMeanWindows, kMeanTiles})) text += part("give");
    if (has_any({kConvolve, kConvolvePlane})) {
      text += part(fmt::format("dot{}", layout_.weight_bits));
      if (layout_.weight_bits != 8) text += part("dot_packed");
    }
    if (has_any({kConvolve, kMaxWindows, kMeanWindows})) text += part("gather");
    if (has_any({kMaxTiles, kMeanTiles})) text += part("tiles");
    for (const StageKind kind : kinds_) text += part(name_of(kind));
    if (has_any({kConvolvePlane, kMaxTiles, kMeanTiles, kAdd, kLookUp, kSlopes})) text += part("newest");
    text += part("step");
    for (const StageKind kind : kinds_) text += part(fmt::format("step_{}", name_of(kind)));
    text += part("step_end");
    text += part("advance");
    text += part(is_padded_ ? "run_padded" : "run");
    return text + interface();
  }

  std::string interface() const {
    std::string text = named("begin", name_);
    if (has(StageKind::kAdd)) text += part("begin_queues");
    text += part("begin_stages");
    if (is_padded_) text += part("begin_padded");
    text += named("push", name_);
    if (ends_in_bytes()) text += named("push_bytes", name_);
    return text + named("predict", name_);
  }

  const quantise::IntegerModel& model_;
  std::string name_;
  CLayout layout_;
  std::set<StageKind> kinds_;
  bool is_padded_ = false;
};

}  // namespace

CLayout lay_out(const quantise::IntegerModel& model) {
  return Layout(model).build();
}

CSizes sizes_of(const quantise::IntegerModel& model) {
  return Writer(model, "net").sizes();
}

std::map<std::string, std::string> c_source(const quantise::IntegerModel& model, const std::string& name) {
  const Writer writer(model, name);
  return {{name + ".h", writer.header()}, {name + ".c", writer.source()}};
}

std::string c_test(const quantise::IntegerModel& model, const std::string& name,
                   std::span<const uint8_t> images) {
  quantise::IntegerRunner runner(model);
  const auto size = static_cast<size_t>(model.nodes[0].output.elements());
  const size_t count = images.size() / size;
  std::vector<int32_t> logits;
  for (size_t i = 0; i < count; ++i) {
    const auto values = runner.run(images.subspan(i * size, size));
    logits.insert(logits.end(), values.begin(), values.end());
  }
  std::string text =
      fmt::format("/* Runs {} images and compares the logits with those that Rung computed. */\n", count);
  text += fmt::format("#include \"{}.h\"\n\n#include <stdio.h>\n\n", name);
  text += part("flash");
  text += fmt::format("\n#define IMAGES {}\n#define PIXELS {}\n\n", count, size);
  text += array("uint8_t images[]", std::vector<uint8_t>(images.begin(), images.end()));
  text += array("int32_t expected[]", logits);
  text += named("test", name);
  return replaced(text, "\n\n\n", "\n\n");
}

}  // namespace rung::exports

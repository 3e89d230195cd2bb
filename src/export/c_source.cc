#include "export/c_source.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "chip/layout.h"
#include "export/c_runtime.h"
#include "export/c_text.h"

namespace rung::exports {
namespace {

std::string_view part(std::string_view name) {
  return c_part(kCRuntime, name);
}

std::string named(std::string_view part_name, const std::string& name) {
  return named_c_part(kCRuntime, part_name, name);
}

template <typename T>
std::string array(std::string_view declaration, const std::vector<T>& values) {
  return c_array(fmt::format("{} FLASH", declaration), values,
                 [](T value) { return static_cast<int64_t>(value); });
}

// Writes NAME.c.
class Writer {
 public:
  Writer(const quantise::IntegerModel& model, std::string name)
      : model_(model), name_(std::move(name)), layout_(chip::lay_out(model)), kinds_(layout_.kinds()) {}

  std::string header() const { return c_header(name_, model_.nodes[0].output, model_.classes, false); }

  std::string source() const {
    std::string text =
        fmt::format("/* {}: see {}.h. Made by Rung. */\n#include \"{}.h\"\n\n", name_, name_, name_);
    text += part("flash");
    text += definitions();
    text += part("stage");
    if (has(chip::StageKind::kAdd)) text += part("queue");
    text += tables();
    text += part("state");
    text += memory();
    text += code();
    return replaced(text, "\n\n\n", "\n\n");
  }

 private:
  bool has(chip::StageKind kind) const { return kinds_.contains(kind); }
  bool has_any(std::initializer_list<chip::StageKind> kinds) const {
    return std::ranges::any_of(kinds, [&](chip::StageKind kind) { return has(kind); });
  }

  std::string definitions() const {
    std::string text = fmt::format("\n#define STAGES {}\n", layout_.stages.size());
    if (has(chip::StageKind::kAdd)) text += fmt::format("#define QUEUES {}\n", layout_.queues.size());
    text += fmt::format("#define OUTPUT {} /* of the last stage, in `memory` */\n",
                        layout_.ends_in_bytes() ? layout_.memory : 0);
    text += fmt::format("#define LEAST_SHIFT {}\n", layout_.least_shift());
    text += fmt::format("#define BIAS(i) {}(biases + (i))\n",
                        layout_.has_short_biases() ? "READ_INT16" : "READ_INT32");
    text += "#define MULTIPLIER(i) READ_INT32(multipliers + (i))\n";
    if (layout_.is_padded())
      text += fmt::format("#define PADDING(level, s, c) {}\n",
                          layout_.image_padding.empty()
                              ? "(s)->padding"
                              : "((level) == 0 ? READ_UINT8(image_padding + (c)) : (s)->padding)");
    text += fmt::format("#define RUN() run({})\n", layout_.is_padded() ? "0" : "");
    text += fmt::format("#define KEEP(stage, pixel) {}\n\n",
                        has(chip::StageKind::kAdd) ? "keep(stage, pixel)" : "(void)(pixel)");
    std::vector<std::string> names;
    for (const chip::StageKind kind : kinds_) names.push_back(macro_prefix(name_of(kind)));
    text += fmt::format("enum {{ {} }};\n\n", fmt::join(names, ", "));
    return text + fmt::format("typedef uint{}_t size_type;\ntypedef uint{}_t offset_type;\n\n",
                              8 * layout_.size_bytes(), 8 * layout_.offset_bytes());
  }

  std::string tables() const {
    std::string text = "\n";
    if (!layout_.weights.empty()) text += array("int8_t weights[]", layout_.weights);
    if (!layout_.biases.empty()) {
      text += array(layout_.has_short_biases() ? "int16_t biases[]" : "int32_t biases[]", layout_.biases);
      text += array("int32_t multipliers[]", layout_.multipliers);
    }
    if (!layout_.tables.empty()) text += array("uint8_t tables[]", layout_.tables);
    if (!layout_.image_padding.empty()) text += array("uint8_t image_padding[]", layout_.image_padding);
    text += "static const struct stage stages[STAGES] FLASH = {\n";
    for (const chip::Stage& stage : layout_.stages)
      text += fmt::format("  {{{}, {}, {}, {}, {}, {}}},\n", macro_prefix(name_of(stage.kind)), stage.padding,
                          stage.zero, stage.shift, fmt::join(stage.sizes(), ", "),
                          fmt::join(stage.offsets(), ", "));
    text += "};\n\n";
    if (!has(chip::StageKind::kAdd)) return text;
    text += "static const struct queue queues[QUEUES] FLASH = {\n";
    for (const chip::Queue& queue : layout_.queues)
      text += fmt::format("  {{{}, {}, {}, {}, {}}},\n", queue.from, queue.channels, queue.pixels, queue.at,
                          queue.offset);
    return text + "};\n\n";
  }

  std::string memory() const {
    std::string text = fmt::format("static uint8_t memory[{}];\n", layout_.bytes_of_memory());
    if (layout_.window > 0) text += fmt::format("static uint8_t window[{}];\n", layout_.window);
    if (layout_.sums > 0) text += fmt::format("static int32_t sums[{}];\n", layout_.sums);
    return text + fmt::format("static int32_t logits[{}];\nstatic uint8_t finished;\n", model_.classes);
  }

  std::string code() const {
    using enum chip::StageKind;
    std::string text;
    if (has_any({kConvolve, kConvolvePlane, kMeanWindows, kMeanTiles, kSlopes})) text += part("requantise");
    if (has_any({kConvolve, kConvolvePlane, kMeanWindows, kMeanTiles})) text += part("give");
    if (has_any({kConvolve, kConvolvePlane})) {
      text += part(fmt::format("dot{}", layout_.weight_bits));
      if (layout_.weight_bits != 8) text += part("dot_packed");
    }
    if (has_any({kConvolve, kMaxWindows, kMeanWindows})) text += part("gather");
    if (has_any({kMaxTiles, kMeanTiles})) text += part("tiles");
    for (const chip::StageKind kind : kinds_) text += part(name_of(kind));
    if (has_any({kConvolvePlane, kMaxTiles, kMeanTiles, kAdd, kLookUp, kSlopes})) text += part("newest");
    text += part("step");
    for (const chip::StageKind kind : kinds_) text += part(fmt::format("step_{}", name_of(kind)));
    text += part("step_end");
    text += part("advance");
    text += part(layout_.is_padded() ? "run_padded" : "run");
    return text + interface();
  }

  std::string interface() const {
    std::string text = named("begin", name_);
    if (has(chip::StageKind::kAdd)) text += part("begin_queues");
    text += part("begin_stages");
    if (layout_.is_padded()) text += part("begin_padded");
    text += named("push", name_);
    if (layout_.ends_in_bytes()) text += named("push_bytes", name_);
    return text + named("predict", name_);
  }

  const quantise::IntegerModel& model_;
  std::string name_;
  chip::Layout layout_;
  std::set<chip::StageKind> kinds_;
};

}  // namespace

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

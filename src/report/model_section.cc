#include "report/model_section.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/text.h"
#include "nn/infer.h"
#include "report/page.h"
#include "report/picture.h"

namespace rung::report {
namespace {

constexpr int kMostSheets = 16;     // drawn for a stack of channels
constexpr double kSheetStep = 2.2;  // offset of a sheet from the one in front
constexpr double kLargestSheet = 54;
constexpr double kSmallestSheet = 5;
constexpr int kCardWidth = 92;
constexpr int kFieldSide = 84;

struct Card {
  std::string name;
  std::string then;  // the elementwise layers after it
  nn::Shape output;
  nn::Size2 field;
  int64_t params = 0;
};

std::string name_of(const nn::ModelSpec& model, size_t index) {
  const nn::LayerSpec& layer = model.layers[index];
  const auto sized = [](nn::Size2 size, const char* what) {
    return fmt::format("{}×{} {}", size.h, size.w, what);
  };
  if (const auto* conv = std::get_if<nn::Conv2d>(&layer)) return sized(conv->kernel_size, "convolution");
  if (const auto* pool = std::get_if<nn::MaxPool2d>(&layer)) return sized(pool->kernel_size, "max pooling");
  if (const auto* pool = std::get_if<nn::AvgPool2d>(&layer))
    return sized(pool->kernel_size, "average pooling");
  if (const auto* pool = std::get_if<nn::AdaptiveAvgPool2d>(&layer))
    return pool->output_size == nn::Size2{1, 1}
               ? "global average"
               : fmt::format("average to {}×{}", pool->output_size.h, pool->output_size.w);
  if (std::holds_alternative<nn::Linear>(layer)) return "linear";
  if (std::holds_alternative<nn::BatchNorm2d>(layer)) return "norm";
  if (std::holds_alternative<nn::Dropout>(layer)) return "dropout";
  if (std::holds_alternative<nn::LeakyRelu>(layer)) return "leaky relu";
  if (const auto* sum = std::get_if<nn::Add>(&layer))
    return fmt::format("plus {}",
                       nn::numbered_name(model, static_cast<size_t>(nn::added_layer(*sum, index))));
  return std::string(nn::recipe_name(layer));
}

bool is_elementwise(const nn::LayerSpec& layer) {
  const auto is = [&]<typename... Layers>() { return (std::holds_alternative<Layers>(layer) || ...); };
  return !is.operator()<nn::Conv2d, nn::Linear, nn::MaxPool2d, nn::AvgPool2d, nn::AdaptiveAvgPool2d>();
}

std::vector<Card> cards_of(const nn::ModelSpec& model) {
  const nn::ModelInfo info = nn::infer(model);
  std::vector<Card> cards{{"image", "", model.input, {1, 1}, 0}};
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const std::string name = name_of(model, i);
    if (is_elementwise(model.layers[i])) {
      Card& card = cards.back();
      card.then += (card.then.empty() ? "" : ", ") + name;
      card.params += info.layers[i].params;
      card.output = info.layers[i].output;
    } else {
      cards.push_back(
          {name, "", info.layers[i].output, info.layers[i].receptive_field, info.layers[i].params});
    }
  }
  return cards;
}

// The channels as sheets one behind the other.
Html stack(const nn::Shape& shape, const nn::Shape& input) {
  const double pixel = kLargestSheet / std::max(input.height, input.width);
  const double height = std::max(kSmallestSheet, shape.height * pixel);
  const double width = std::max(kSmallestSheet, shape.width * pixel);
  const int sheets = std::min(shape.channels, kMostSheets);
  const double depth = (sheets - 1) * kSheetStep;
  const double total = kLargestSheet + (kMostSheets - 1) * kSheetStep;
  const double left = (kCardWidth - width - depth) / 2;
  const double top = (total - height - depth) / 2;
  Html svg = html("<svg viewBox=\"0 0 {0} {1:.0f}\" width=\"{0}\" height=\"{1:.0f}\" aria-hidden=\"true\">",
                  kCardWidth, total);
  for (int sheet = sheets - 1; sheet >= 0; --sheet)
    svg += html("<rect class=\"sheet\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>",
                left + sheet * kSheetStep, top + depth - sheet * kSheetStep, width, height);
  svg += Html{"</svg>"};
  return svg;
}

// The receptive field of a central value, drawn in the middle of the image.
Html field_drawing(nn::Size2 field, const nn::Shape& input, const Html& image) {
  const int top = (input.height - field.h) / 2;
  const int left = (input.width - field.w) / 2;
  return html(
      "<svg viewBox=\"0 0 {0} {1}\" width=\"{2}\" height=\"{3:.0f}\" role=\"img\" aria-label=\"receptive "
      "field {4}×{5}\">"
      "{6}<path class=\"veil\" fill-rule=\"evenodd\" d=\"M0 0h{0}v{1}h-{0}zM{7} {8}h{5}v{4}h-{5}z\"/>"
      "<rect class=\"field\" x=\"{9:.1f}\" y=\"{10:.1f}\" width=\"{11:.1f}\" height=\"{12:.1f}\"/></svg>",
      input.width, input.height, kFieldSide, 1.0 * kFieldSide * input.height / input.width, field.h, field.w,
      image, left, top, left + .5, top + .5, std::max(.4, field.w - 1.0), std::max(.4, field.h - 1.0));
}

Html example_image(const nn::Shape& input, const std::optional<data::Image>& example) {
  if (!example) return html("<rect width=\"{}\" height=\"{}\"/>", input.width, input.height);
  return html("<image width=\"{}\" height=\"{}\" href=\"{}\"/>", input.width, input.height,
              data_uri(*example));
}

Html model_drawing(const nn::ModelSpec& model, const std::optional<data::Image>& example) {
  const Html image = example_image(model.input, example);
  Html drawing{"<ol class=\"stages\">\n"};
  for (const Card& card : cards_of(model)) {
    drawing += html("<li>{}<b>{}</b>{}×{}×{}<span>{}</span><div>{}<span>sees {}×{}</span></div></li>\n",
                    stack(card.output, model.input), card.name, card.output.channels, card.output.height,
                    card.output.width, card.then.empty() ? " " : card.then,
                    field_drawing(card.field, model.input, image), card.field.h, card.field.w);
  }
  drawing += Html{"</ol>\n"};
  return drawing;
}

Html model_table(const nn::ModelSpec& model) {
  const nn::ModelInfo info = nn::infer(model);
  std::vector<std::vector<Html>> rows{{text("layer"), text("output"), text("parameters"),
                                       text("receptive field"), text("multiply-accumulates"),
                                       text("output, KiB")}};
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const nn::LayerInfo& layer = info.layers[i];
    const auto dash = [](int64_t count) { return count == 0 ? text("–") : text(with_commas(count)); };
    rows.push_back({html("{} {}", i, nn::torch_name(model.layers[i])),
                    html("{}×{}×{}", layer.output.channels, layer.output.height, layer.output.width),
                    dash(layer.params), text(nn::to_text(layer.receptive_field)), dash(layer.macs),
                    html("{:.1f}", static_cast<double>(layer.activation_bytes) / 1024)});
  }
  rows.push_back({text("in all"), text(""), text(with_commas(info.params)), text(""),
                  text(with_commas(info.macs)),
                  html("{:.1f}", static_cast<double>(info.activation_bytes) / 1024)});
  return table(rows);
}

}  // namespace

Html model_section(const nn::ModelSpec& model, const std::optional<data::Image>& example) {
  Html section =
      figure(model_drawing(model, example), html("The layers from left to right, with the size of their "
                                                 "output (channels × rows × columns). Below: how "
                                                 "much of the image one output value sees."));
  return section += disclosure("Layer by layer", model_table(model));
}

}  // namespace rung::report

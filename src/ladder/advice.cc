#include "ladder/advice.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <variant>

#include "base/text.h"
#include "data/registry.h"
#include "optim/schedule_fit.h"

namespace rung::ladder {
namespace {

// A layer with at least this share of the parameters or of the arithmetic deserves a remedy.
constexpr double kLargeShare = 0.5;
// A smaller share of the budget than this is not worth mentioning.
constexpr double kRoom = 0.25;

using nn::LayerInfo;
using nn::Size2;

int shorter(Size2 size) {
  return std::min(size.h, size.w);
}

double percent(int64_t part, int64_t whole) {
  return 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

// A kernel that sees more than one pixel.
bool is_wide_conv(const nn::LayerSpec& layer) {
  const auto* conv = std::get_if<nn::Conv2d>(&layer);
  return conv != nullptr && std::max(conv->kernel_size.h, conv->kernel_size.w) > 1;
}

// None where only the dataset itself can tell.
std::optional<int64_t> batches_per_epoch(const recipe::Recipe& recipe) {
  const data::DatasetInfo* known = data::known_dataset(recipe.dataset.name);
  if (known == nullptr || recipe.dataset.validation.share > 0) return std::nullopt;
  const int64_t images = known->train_images - recipe.dataset.validation.images;
  const int64_t batch = recipe.training.batch_size;
  return images > 0 ? std::optional((images + batch - 1) / batch) : std::nullopt;
}

class Adviser {
 public:
  Adviser(const recipe::Recipe& recipe, const nn::ModelInfo& info)
      : recipe_(recipe), model_(recipe.model), info_(info), image_{model_.input.height, model_.input.width} {}

  std::vector<std::string> run() {
    if (std::max(image_.h, image_.w) > 1) {
      see_strokes();
      see_image();
    }
    weigh_parameters();
    weigh_arithmetic();
    weigh_budget();
    find_idle_biases();
    return std::move(sentences_);
  }

 private:
  template <typename... Args>
  void say(fmt::format_string<Args...> format, Args&&... args) {
    sentences_.push_back(fmt::format(format, std::forward<Args>(args)...));
  }

  std::string name(size_t layer) const { return nn::numbered_name(model_, layer); }
  size_t layers() const { return info_.layers.size(); }
  bool has_wide_conv() const { return std::any_of(model_.layers.begin(), model_.layers.end(), is_wide_conv); }

  // The first layer whose receptive field passes `test`, or layers().
  template <typename Test>
  size_t first_that_sees(Test test) const {
    const auto found = std::find_if(info_.layers.begin(), info_.layers.end(),
                                    [&](const LayerInfo& layer) { return test(layer.receptive_field); });
    return static_cast<size_t>(found - info_.layers.begin());
  }

  // The dataset's stroke width, if it is known.
  double stroke() const {
    const data::DatasetInfo* known = data::known_dataset(recipe_.dataset.name);
    return known == nullptr ? 0 : known->stroke_width;
  }

  void see_strokes() {
    const double width = stroke();
    if (width == 0 || shorter(image_) <= width || !has_wide_conv()) return;
    const size_t first = first_that_sees([&](Size2 field) { return shorter(field) > width; });
    if (first == layers()) return;
    say("A stroke is {:.1f} pixels wide (the mean of {}): {} is the first layer to see more, {} pixels. "
        "Layers before it can see only edges; it and those after it can see the shapes of strokes.",
        width, recipe_.dataset.name, name(first), to_text(info_.layers[first].receptive_field));
    Size2 jump{1, 1};
    for (size_t layer = 0; layer < first; ++layer) {
      const LayerInfo& info = info_.layers[layer];
      if (info.jump != jump)
        return say(
            "{} lowers the resolution where only {} pixels have been seen: a convolution more before it "
            "would see whole strokes first.",
            name(layer), to_text(info.receptive_field));
      jump = info.jump;
    }
  }

  void see_image() {
    if (info_.seen != image_)
      return say(
          "The outputs depend on {} of the image's {} rows and on {} of its {} columns: the others count for "
          "nothing.",
          info_.seen.h, image_.h, info_.seen.w, image_.w);
    const size_t first = first_that_sees([&](Size2 field) { return field == image_; });
    if (first == layers())
      return say("No layer's receptive field is the whole {} image: at the end it is {}.", to_text(image_),
                 to_text(info_.layers.back().receptive_field));
    std::string sentence = fmt::format("{} is the first layer whose receptive field is the whole {} image",
                                       name(first), to_text(image_));
    const auto later = std::count_if(model_.layers.begin() + static_cast<std::ptrdiff_t>(first) + 1,
                                     model_.layers.end(), is_wide_conv);
    if (std::holds_alternative<nn::AdaptiveAvgPool2d>(model_.layers[first]) && first > 0)
      sentence += fmt::format("; what it takes the mean of has seen {}",
                              to_text(info_.layers[first - 1].receptive_field));
    if (later > 0)
      sentence += fmt::format("; the {} after it can widen it no further",
                              later == 1 ? "convolution" : fmt::format("{} convolutions", later));
    sentences_.push_back(sentence + ".");
  }

  // The layers with the largest value of `member`, which is above 0; none where all are 0.
  std::vector<size_t> largest(int64_t LayerInfo::*member) const {
    std::vector<size_t> found;
    int64_t most = 1;
    for (size_t layer = 0; layer < layers(); ++layer) {
      const int64_t value = info_.layers[layer].*member;
      if (value > most) found.clear();
      if (value >= most) found.push_back(layer);
      most = std::max(most, value);
    }
    return found;
  }

  // "Conv2d-4: 900 of 5,422 (16.6 %)", or several equally large layers.
  std::string share(const std::vector<size_t>& found, int64_t value, int64_t whole) const {
    const std::string figures =
        fmt::format("{} of {} ({:.1f} %)", with_commas(value), with_commas(whole), percent(value, whole));
    if (found.size() == 1) return fmt::format("{}: {}", name(found.front()), figures);
    return fmt::format("{} layers, {} and others like it: each {}", found.size(), name(found.front()),
                       figures);
  }

  void weigh_parameters() {
    const auto found = largest(&LayerInfo::params);
    if (found.empty()) return;
    const int64_t most = info_.layers[found.front()].params;
    std::string sentence = "Most parameters are in " + share(found, most, info_.params) + ".";
    if (found.size() == 1 && static_cast<double>(most) >= kLargeShare * static_cast<double>(info_.params))
      sentence += dense_remedy(found.front());
    sentences_.push_back(sentence);
  }

  // What would be left of a layer with a weight for every pixel of its input if it took their mean instead.
  std::string dense_remedy(size_t layer) const {
    const nn::Shape plane = dense_input(layer);
    const int64_t pixels = int64_t{plane.height} * plane.width;
    const auto before = std::span(model_.layers).first(layer);
    if (pixels <= 1 || std::none_of(before.begin(), before.end(), is_wide_conv)) return "";
    const LayerInfo& info = info_.layers[layer];
    const int64_t biases = info.params - info.macs;  // one output pixel: a multiplication for each weight
    return fmt::format(
        " It has a weight for every pixel of its {} input: with global average pooling before it, {} would "
        "do.",
        to_text(Size2{plane.height, plane.width}), with_commas(info.macs / pixels + biases));
  }

  // The planes that a convolution's kernel covers, or that were flattened for a linear layer; otherwise
  // empty.
  nn::Shape dense_input(size_t layer) const {
    const nn::Shape& input = info_.layers[layer].input;
    if (const auto* conv = std::get_if<nn::Conv2d>(&model_.layers[layer])) {
      const bool covers =
          conv->kernel_size == Size2{input.height, input.width} && conv->padding == Size2{0, 0};
      return covers ? input : nn::Shape{};
    }
    while (layer-- > 0 && info_.layers[layer].macs == 0)
      if (std::holds_alternative<nn::Flatten>(model_.layers[layer])) return info_.layers[layer].input;
    return {};
  }

  void weigh_arithmetic() {
    const auto found = largest(&LayerInfo::macs);
    if (found.empty()) return;
    const int64_t most = info_.layers[found.front()].macs;
    const bool large = found.size() == 1 && layers_with_macs() > 1 &&
                       static_cast<double>(most) >= kLargeShare * static_cast<double>(info_.macs);
    say("Most multiply-accumulates are in {}{}.", share(found, most, info_.macs),
        large ? "; fewer channels there, or a smaller input to it, are what makes the model faster" : "");
  }

  int64_t layers_with_macs() const {
    return std::count_if(info_.layers.begin(), info_.layers.end(),
                         [](const LayerInfo& layer) { return layer.macs > 0; });
  }

  void weigh_budget() {
    const auto budget = parameter_budget(recipe_);
    if (!budget || *budget < 1) return;
    const int64_t left = *budget - info_.params;
    if (left < 0)
      return say("{} parameters more than the budget of {}.", with_commas(-left), with_commas(*budget));
    if (static_cast<double>(left) < kRoom * static_cast<double>(*budget)) return;
    say("{} parameters of the budget of {} are left{}.", with_commas(left), with_commas(*budget),
        room_for(left));
  }

  // ": room for 3 more layers like Conv2d-21 (1,440)", the largest convolution that fits.
  std::string room_for(int64_t left) const {
    size_t best = layers();
    for (size_t layer = 0; layer < layers(); ++layer) {
      const int64_t params = info_.layers[layer].params;
      if (!is_wide_conv(model_.layers[layer]) || params > left) continue;
      if (best == layers() || params > info_.layers[best].params) best = layer;
    }
    if (best == layers()) return "";
    const int64_t params = info_.layers[best].params;
    const int64_t count = left / params;
    return fmt::format(": room for {} more {} as large as {} ({})", with_commas(count),
                       count == 1 ? "convolution" : "convolutions", name(best), with_commas(params));
  }

  // A layer's output has one reader more for every sum that adds it.
  bool is_added(size_t layer) const {
    for (size_t later = layer + 1; later < layers(); ++later) {
      const auto* sum = std::get_if<nn::Add>(&model_.layers[later]);
      if (sum != nullptr && nn::added_layer(*sum, later) == static_cast<int64_t>(layer)) return true;
    }
    return false;
  }

  // Batch norm subtracts the mean, and a bias before it with it, where nothing else reads the biased values.
  void find_idle_biases() {
    std::vector<size_t> found;
    int64_t biases = 0;
    for (size_t layer = 0; layer + 1 < layers(); ++layer) {
      if (!std::holds_alternative<nn::BatchNorm2d>(model_.layers[layer + 1])) continue;
      const auto* conv = std::get_if<nn::Conv2d>(&model_.layers[layer]);
      const auto* linear = std::get_if<nn::Linear>(&model_.layers[layer]);
      if ((conv == nullptr || !conv->bias) && (linear == nullptr || !linear->bias)) continue;
      if (is_added(layer)) continue;
      found.push_back(layer);
      biases += info_.layers[layer].output.channels;
    }
    if (found.empty()) return;
    say("The bias of {}{} does nothing, as the batch norm after it takes it away: `bias = false` saves {} "
        "parameters.",
        name(found.front()), found.size() > 1 ? fmt::format(" and of {} more", found.size() - 1) : "",
        with_commas(biases));
  }

  const recipe::Recipe& recipe_;
  const nn::ModelSpec& model_;
  const nn::ModelInfo& info_;
  Size2 image_;
  std::vector<std::string> sentences_;
};

}  // namespace

std::optional<int64_t> parameter_budget(const recipe::Recipe& recipe) {
  std::optional<int64_t> limit;
  for (const recipe::Target& target : recipe.targets) {
    const auto* bound = std::get_if<double>(&target.bound);
    if (target.metric != recipe::Metric::kParams || bound == nullptr) continue;
    if (target.comparison != recipe::Comparison::kBelow && target.comparison != recipe::Comparison::kAtMost)
      continue;
    const double whole =
        target.comparison == recipe::Comparison::kBelow ? std::ceil(*bound) - 1 : std::floor(*bound);
    const auto most = static_cast<int64_t>(std::clamp(whole, -1.0, double{nn::kMaxParams}));
    limit = std::min(limit.value_or(most), most);
  }
  return limit;
}

std::vector<std::string> advise(const recipe::Recipe& recipe, const nn::ModelInfo& info) {
  std::vector<std::string> sentences = Adviser(recipe, info).run();
  for (const std::string& remark : optim::schedule_remarks(recipe.training, batches_per_epoch(recipe)))
    sentences.push_back(remark + ".");
  return sentences;
}

}  // namespace rung::ladder

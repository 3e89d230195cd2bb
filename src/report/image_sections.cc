#include "report/image_sections.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/require.h"
#include "base/text.h"
#include "data/augment.h"
#include "nn/cost.h"
#include "report/inside.h"
#include "report/page.h"
#include "report/picture.h"
#include "report/prediction_quality.h"

namespace rung::report {
namespace {

constexpr int kLargestSide = 64;      // of a shown image
constexpr size_t kMostMistakes = 60;  // shown
constexpr size_t kMostExamples = 16;  // a block of the engine
constexpr int kMostRows = 6;          // of a grid of activations: examples
constexpr int kLargestGrid = 240;     // pixels: its height, where the images leave room for two examples
constexpr int kWidestGrid = 930;      // pixels: what a page has room for
constexpr int kMostChannels = 32;     // of a unit whose activations are shown
constexpr int kFewestChannels = 8;    // however wide they are
constexpr int kShownSide = 28;        // that small activations are enlarged to
constexpr size_t kMostFilters = 64;
constexpr int kVariedEpochs = 5;

int scale_for(int side, int wanted) {
  return std::max(1, wanted / side);
}

// With as many digits as matter: "87 %", "99.6 %", "0.43 %".
std::string percent(double share) {
  const double rest = std::min(share, 1 - share);
  if (rest < 0.0001) return share < 0.5 ? "< 0.01 %" : "> 99.99 %";
  return fmt::format("{:.{}f} %", 100 * share, rest < 0.01 ? 2 : rest < 0.1 ? 1 : 0);
}

void append(std::vector<uint8_t>& images, std::span<const uint8_t> more) {
  images.insert(images.end(), more.begin(), more.end());
}

// Training images as the run sees them in an epoch, from 0.
std::vector<uint8_t> varied_images(const Exhibit& exhibit, std::span<const uint32_t> images, int epoch) {
  const data::Split& train = exhibit.data->train;
  data::Augmenter augmenter(exhibit.run.recipe.augment, train.shape());
  std::vector<uint8_t> varied(train.image_bytes());
  std::vector<uint8_t> result;
  for (const uint32_t image : images) {
    RandomStream random(exhibit.run.record.seed, RandomPurpose::kAugment, image,
                        static_cast<uint32_t>(epoch));
    augmenter.apply(train.image(image).data(), varied.data(), random);
    for (const data::Erasure& erasure : augmenter.erasures())
      data::erase_pixels(erasure, exhibit.run.recipe.dataset, train.shape(), varied.data());
    append(result, varied);
  }
  return result;
}

// "each of the 10 classes" or "16 of the 26 classes", of those that have images in the split.
std::string classes_shown(size_t shown, std::span<const uint8_t> labels) {
  const size_t all = classes_with_images(labels);
  return shown == all ? fmt::format("each of the {} classes", all)
                      : fmt::format("{} of the {} classes", shown, all);
}

// "a, b, c"
std::string names_of(const Exhibit& exhibit, const data::Split& split, std::span<const uint32_t> images) {
  std::vector<std::string> names;
  for (const uint32_t image : images) names.push_back(class_name(exhibit, split.labels[image]));
  return fmt::format("{}", fmt::join(names, ", "));
}

Html activations_of(const Exhibit& exhibit, const nn::Trace& trace, size_t unit, int examples) {
  const nn::Unit& spec = exhibit.plan->units[unit];
  const nn::Shape shape = places_of(spec);
  const int scale = scale_for(std::max(shape.height, shape.width), kShownSide);
  const int fitting = kWidestGrid / (shape.width + 1) / scale;
  const auto channels =
      most_active_channels(*exhibit.plan, trace, unit, examples,
                           static_cast<size_t>(std::clamp(fitting, kFewestChannels, kMostChannels)));
  const bool all = channels.size() == static_cast<size_t>(shape.channels);
  return html("<div><b>{}×{}×{}</b><span>{}{}</span><div class=\"scroll\">{}</div></div>\n", shape.channels,
              shape.height, shape.width, nn::describe(spec),
              all ? "" : fmt::format("; the {} most active channels", channels.size()),
              picture(activation_grid(*exhibit.plan, trace, unit, examples, channels), scale,
                      fmt::format("activations of unit {}", unit)));
}

Html activations_section(const Exhibit& exhibit) {
  const data::Split& test = exhibit.data->test;
  const int rows = std::clamp(kLargestGrid / std::max(test.height, kShownSide), 2, kMostRows);
  const auto examples = example_images(test.labels, static_cast<size_t>(rows));
  const nn::Trace trace = trace_examples(exhibit, examples);
  Html units;
  for (size_t unit = 0; unit < exhibit.plan->units.size(); ++unit) {
    const nn::Shape shape = places_of(exhibit.plan->units[unit]);
    if (shape.height * shape.width > 1)
      units += activations_of(exhibit, trace, unit, static_cast<int>(examples.size()));
  }
  if (units.empty()) return html("<p>No layer of this model puts out rows and columns to show.</p>\n");
  return figure(html("<div class=\"grids\">{}</div>", units),
                html("What each unit puts out for one test image of {}: a row is an image ({}), a column a "
                     "channel. Black is a channel’s smallest value, or 0 if that is smaller; white is its "
                     "largest.",
                     classes_shown(examples.size(), test.labels), names_of(exhibit, test, examples)));
}

Html evidence_section(const Exhibit& exhibit) {
  const auto unit = evidence_unit(*exhibit.plan);
  if (!unit)
    return html(
        "<p>No layer of this model puts out enough rows and columns to say where in the image the "
        "evidence lies.</p>\n");
  const data::Split& test = exhibit.data->test;
  const auto examples = example_images(test.labels, kMostExamples);
  std::vector<uint8_t> classes;
  for (const uint32_t image : examples) classes.push_back(test.labels[image]);
  const auto maps = evidence(*exhibit.plan, trace_examples(exhibit, examples), *unit, classes);
  Html cells{"<div class=\"cells large\">\n"};
  for (size_t i = 0; i < examples.size(); ++i) {
    const auto image = evidence_image(image_of(test, examples[i]), maps[i]);
    cells += html("<div>{}<b>{}</b><small>{}</small></div>\n",
                  picture(image, scale_for(std::max(test.height, test.width), 84),
                          fmt::format("evidence for class {}", class_name(exhibit, classes[i]))),
                  class_name(exhibit, classes[i]), percent(exhibit.predictions->given_true[examples[i]]));
  }
  cells += Html{"</div>"};
  const nn::Shape shape = places_of(exhibit.plan->units[*unit]);
  return figure(
      cells,
      html("Where one test image of {} gives evidence for its true class: the warmer a place, the more it "
           "speaks for the class. Below each image are its class and the probability that the model gives "
           "that class. (Grad-CAM with the gradient kept at its place, HiResCAM, at the {}×{}×{} output of "
           "unit {}; each value is spread over its receptive field.)",
           classes_shown(examples.size(), test.labels), shape.channels, shape.height, shape.width, *unit));
}

Html too_large() {
  return html("<p>Images of more than {} pixels a side are not shown.</p>\n", kLargestSide);
}

}  // namespace

bool can_show_images(const Exhibit& exhibit) {
  return exhibit.data != nullptr && exhibit.data->test.height <= kLargestSide &&
         exhibit.data->test.width <= kLargestSide;
}

std::optional<data::Image> example_digit(const Exhibit& exhibit) {
  if (!can_show_images(exhibit)) return std::nullopt;
  return image_of(exhibit.data->test, 0);
}

Html image_cell(const data::Split& split, uint32_t image, const Html& below) {
  return html("<div title=\"test image {}\">{}{}</div>\n", image,
              picture(image_of(split, image), scale_for(std::max(split.height, split.width), 56), ""), below);
}

Html mistakes_section(const Exhibit& exhibit) {
  RUNG_REQUIRE(exhibit.predictions);
  if (!can_show_images(exhibit)) return too_large();
  const data::Split& test = exhibit.data->test;
  const Predictions& predictions = *exhibit.predictions;
  const auto wrong = mistakes(predictions, test.labels);
  if (wrong.empty())
    return html("<p>None: the model gets all {} test images right.</p>\n", with_commas(test.count));
  const size_t shown = std::min(kMostMistakes, wrong.size());
  Html cells{"<div class=\"cells\">\n"};
  for (size_t i = 0; i < shown; ++i) {
    const uint32_t image = wrong[i];
    cells += image_cell(
        test, image,
        html("<b>{0} as {1}</b><small>{1}: {2}</small><small>{0}: {3}</small>",
             class_name(exhibit, test.labels[image]), class_name(exhibit, predictions.predicted[image]),
             percent(predictions.confidence[image]), percent(predictions.given_true[image])));
  }
  cells += Html{"</div>"};
  return figure(cells, html("After the last epoch the model gets {} of {} test images wrong; {}, the worst "
                            "first. “A as B” is an image of class A that the model takes for class B; below "
                            "are the probabilities of both.",
                            with_commas(static_cast<int64_t>(wrong.size())), with_commas(test.count),
                            shown == wrong.size() ? "here are all of them"
                                                  : fmt::format("here are {} of them", shown)));
}

Html filters_section(const Exhibit& exhibit) {
  RUNG_REQUIRE(exhibit.weights);
  const Filters filters = first_filters(*exhibit.plan, *exhibit.weights);
  if (filters.images.empty() || filters.images.size() > kMostFilters) return {};
  Html strip{"<div class=\"strip\">"};
  for (const data::Image& image : filters.images)
    strip += picture(image, scale_for(std::max(image.height, image.width), 48), "");
  strip += Html{"</div>"};
  return figure(
      strip, html("The {} filters that look at the image: {}; the largest absolute weight is {:.2f}.",
                  filters.images.size(),
                  filters.are_colours
                      ? "a place is as red, green and blue as its three weights are positive, and grey where "
                        "they are zero"
                      : "red weights are positive, blue ones negative, white ones zero",
                  filters.largest));
}

std::vector<Section> inside_sections(const Exhibit& exhibit) {
  RUNG_REQUIRE(exhibit.predictions);
  const bool shown = can_show_images(exhibit);
  return {{"activations", "Activations", shown ? activations_section(exhibit) : too_large()},
          {"evidence", "Evidence", shown ? evidence_section(exhibit) : too_large()}};
}

Html augmentation_section(const Exhibit& exhibit) {
  if (exhibit.run.recipe.augment.empty() || exhibit.data == nullptr) return {};
  if (!can_show_images(exhibit)) return too_large();
  const data::Split& train = exhibit.data->train;
  const auto trained_on =
      std::span(train.labels)
          .first(train.labels.size() - static_cast<size_t>(exhibit.run.recipe.dataset.validation.images));
  const auto examples = example_images(trained_on, kMostExamples);
  const int epochs = std::min(kVariedEpochs, exhibit.run.recipe.training.epochs);
  std::vector<uint8_t> images;
  for (const uint32_t image : examples) append(images, train.image(image));
  for (int epoch = 0; epoch < epochs; ++epoch) append(images, varied_images(exhibit, examples, epoch));
  const auto grid = data::image_grid(images, train.shape(),
                                     {.rows = epochs + 1,
                                      .columns = static_cast<int>(examples.size()),
                                      .scale = 1,
                                      .margin = 2,
                                      .background = 96});
  return figure(
      picture(grid, scale_for(grid.width, 640), "training images and their variations"),
      html("One training image of {}, a column each: {}. The first row is the image as it is; each row below "
           "is the image as the next epoch of this run saw it.",
           classes_shown(examples.size(), trained_on), names_of(exhibit, train, examples)));
}

}  // namespace rung::report

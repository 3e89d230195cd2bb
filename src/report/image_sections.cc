#include "report/image_sections.h"

#include <algorithm>

#include "data/augment.h"
#include "ladder/changes.h"
#include "nn/cost.h"
#include "report/inside.h"
#include "report/page.h"
#include "report/picture.h"
#include "report/statistics.h"

namespace rung::report {
namespace {

constexpr int kLargestSide = 64;      // of a shown image
constexpr size_t kMostMistakes = 60;  // shown
constexpr int kMostChannels = 32;     // of a stage whose activations are shown
constexpr size_t kMostFilters = 64;
constexpr int kVariedEpochs = 5;

std::span<const uint8_t> pixels_of(const data::Split& split, uint32_t image) {
  const size_t size = static_cast<size_t>(split.height) * static_cast<size_t>(split.width);
  return std::span(split.pixels).subspan(image * size, size);
}

data::GreyImage grey_of(const data::Split& split, uint32_t image) {
  return grey(pixels_of(split, image), split.height, split.width);
}

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
  data::Augmenter augmenter(exhibit.run.recipe.augment, train.height, train.width);
  std::vector<uint8_t> varied(pixels_of(train, 0).size());
  std::vector<uint8_t> result;
  for (const uint32_t image : images) {
    RandomStream random(exhibit.run.record.seed, RandomPurpose::kAugment, image,
                        static_cast<uint32_t>(epoch));
    augmenter.apply(pixels_of(train, image).data(), varied.data(), random);
    for (const data::Erasure& erasure : augmenter.erasures())
      data::erase_pixels(erasure, exhibit.run.recipe.dataset, train.width, varied.data());
    append(result, varied);
  }
  return result;
}

Html filters_section(const Exhibit& exhibit) {
  const Filters filters = first_filters(*exhibit.plan, *exhibit.weights);
  if (filters.images.empty() || filters.images.size() > kMostFilters) return {};
  Html strip{"<div class=\"strip\">"};
  for (const data::RgbImage& image : filters.images)
    strip += picture(image, scale_for(std::max(image.height, image.width), 48), "");
  strip += Html{"</div>"};
  return figure(strip,
                html("The {} filters that look at the image: red weights are positive, blue ones negative, "
                     "white ones zero; the strongest is {:.2f}.",
                     filters.images.size(), filters.largest));
}

Html activations_section(const Exhibit& exhibit, const nn::Trace& trace, size_t examples) {
  Html stages;
  for (size_t stage = 0; stage < exhibit.plan->stages.size(); ++stage) {
    const nn::Stage& spec = exhibit.plan->stages[stage];
    if (spec.output.channels > kMostChannels || spec.output.height * spec.output.width == 1) continue;
    const auto grid = activation_grid(*exhibit.plan, trace, stage, static_cast<int>(examples));
    const int side = std::max(spec.output.height, spec.output.width);
    stages += html("<div><b>{}×{}×{}</b><span>{}</span>{}</div>\n", spec.output.channels, spec.output.height,
                   spec.output.width, nn::describe(spec), picture(grid, scale_for(side, 28), "activations"));
  }
  if (stages.empty()) return {};
  return figure(html("<div class=\"grids\">{}</div>", stages),
                html("Activations of one test image of each class: a row an image, a column a channel. Each "
                     "channel runs from black, its smallest value or 0, to white, its largest."));
}

Html evidence_section(const Exhibit& exhibit, const nn::Trace& trace, std::span<const uint32_t> examples) {
  const auto stage = evidence_stage(*exhibit.plan);
  if (!stage) return {};
  const data::Split& test = exhibit.data->test;
  std::vector<uint8_t> classes;
  for (const uint32_t image : examples) classes.push_back(test.labels[image]);
  const auto maps = evidence(*exhibit.plan, trace, *stage, classes);
  Html cells{"<div class=\"cells large\">\n"};
  for (size_t i = 0; i < examples.size(); ++i) {
    const auto image = evidence_image(pixels_of(test, examples[i]), test.height, test.width, maps[i]);
    cells += html("<div>{}<b>{}</b><small>{}</small></div>\n",
                  picture(image, scale_for(std::max(test.height, test.width), 84), "evidence"), classes[i],
                  percent(exhibit.predictions->given_true[examples[i]]));
  }
  cells += Html{"</div>"};
  const nn::Shape& shape = exhibit.plan->stages[*stage].output;
  return figure(
      cells,
      html("Grad-CAM for the true class of one test image each, with the gradient kept at its place "
           "(HiResCAM), at the {}×{}×{} output of stage {}: the warmer, the more a place speaks for the "
           "class. Each value is spread over its receptive field. Below: the class and the probability "
           "it is given.",
           shape.channels, shape.height, shape.width, *stage));
}

}  // namespace

bool can_show_images(const Exhibit& exhibit) {
  return exhibit.data != nullptr && exhibit.data->test.height <= kLargestSide &&
         exhibit.data->test.width <= kLargestSide;
}

std::optional<data::GreyImage> example_digit(const Exhibit& exhibit) {
  if (!can_show_images(exhibit)) return std::nullopt;
  return grey_of(exhibit.data->test, 0);
}

Html image_cell(const data::Split& split, uint32_t image, const Html& below) {
  return html("<div title=\"test image {}\">{}{}</div>\n", image,
              picture(grey_of(split, image), scale_for(std::max(split.height, split.width), 56), ""), below);
}

Html mistakes_section(const Exhibit& exhibit) {
  if (!can_show_images(exhibit)) return {};
  const data::Split& test = exhibit.data->test;
  const Predictions& predictions = *exhibit.predictions;
  const auto wrong = mistakes(predictions, test.labels);
  if (wrong.empty())
    return html("<p>None: all {} test images are right.</p>\n", ladder::with_commas(test.count));
  const size_t shown = std::min(kMostMistakes, wrong.size());
  Html cells{"<div class=\"cells\">\n"};
  for (size_t i = 0; i < shown; ++i) {
    const uint32_t image = wrong[i];
    cells += image_cell(test, image,
                        html("<b>{0} as {1}</b><small>{1}: {2}</small><small>{0}: {3}</small>",
                             test.labels[image], predictions.predicted[image],
                             percent(predictions.confidence[image]), percent(predictions.given_true[image])));
  }
  cells += Html{"</div>"};
  return figure(cells,
                html("{} of {} test images are wrong after the last epoch; {}, worst first. “4 as 9”: a 4 "
                     "that is taken for a 9; below, the probabilities of both.",
                     wrong.size(), ladder::with_commas(test.count),
                     shown == wrong.size() ? "all of them" : fmt::format("the first {}", shown)));
}

std::vector<Section> inside_sections(const Exhibit& exhibit) {
  std::vector<Section> sections{{"filters", "First-layer filters", filters_section(exhibit)}};
  if (!can_show_images(exhibit)) return sections;
  const auto examples = example_images(exhibit.data->test.labels, exhibit.plan->classes);
  const nn::Trace trace = trace_examples(exhibit, examples);
  sections.push_back({"activations", "Activations", activations_section(exhibit, trace, examples.size())});
  sections.push_back({"evidence", "Evidence", evidence_section(exhibit, trace, examples)});
  return sections;
}

Html augmentation_section(const Exhibit& exhibit) {
  if (exhibit.run.recipe.augment.empty() || !can_show_images(exhibit)) return {};
  const data::Split& train = exhibit.data->train;
  const auto trained_on =
      std::span(train.labels)
          .first(train.labels.size() - static_cast<size_t>(exhibit.run.recipe.dataset.validation.images));
  const auto examples = example_images(trained_on, exhibit.run.recipe.model.classes);
  const int epochs = std::min(kVariedEpochs, exhibit.run.recipe.training.epochs);
  std::vector<uint8_t> images;
  for (const uint32_t image : examples) append(images, pixels_of(train, image));
  for (int epoch = 0; epoch < epochs; ++epoch) append(images, varied_images(exhibit, examples, epoch));
  const auto grid = data::image_grid(images, train.height, train.width,
                                     {.rows = epochs + 1,
                                      .columns = static_cast<int>(examples.size()),
                                      .scale = 1,
                                      .margin = 2,
                                      .background = 96});
  return figure(
      picture(grid, scale_for(grid.width, 640), "training images and their variations"),
      html("One training image of each class: as it is in the first row, and in each row below as an "
           "epoch of this run sees it, from the first on."));
}

}  // namespace rung::report

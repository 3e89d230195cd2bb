#include "report/dataset_page.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "data/class_names.h"
#include "data/resize.h"
#include "data/split_statistics.h"
#include "report/page.h"
#include "report/picture.h"

namespace rung::report {
namespace {

using data::NearCopy;
using data::Place;
using inspect::Findings;

constexpr int kLargestShown = 64;    // pixels a side; larger images are shrunk
constexpr int kShownSide = 56;       // that small images are enlarged to
constexpr size_t kMostPairs = 24;    // shown of a kind
constexpr size_t kMostImages = 40;   // likewise
constexpr size_t kMostClasses = 40;  // listed openly
constexpr double kBarWidth = 160;    // of the longest bar
constexpr size_t kAllPairs = SIZE_MAX;

std::string class_of(const Findings& found, const Place& place) {
  return data::class_name(found.spec, data::label_of(*found.dataset, place));
}

const data::Split& split_of(const Findings& found, const Place& place) {
  return place.is_test ? found.dataset->test : found.dataset->train;
}

// Enlarged or shrunk to about `side` pixels.
Html shown(const data::Image& image, int side, std::string_view alternative) {
  const int longest = std::max(image.height, image.width);
  if (longest <= kLargestShown) return picture(image, std::max(1, side / longest), alternative);
  const auto part = [&](int length) { return std::max(1, length * kLargestShown / longest); };
  return picture(data::resized(image, part(image.height), part(image.width)), 1, alternative);
}

Html image_of(const Findings& found, const Place& place) {
  const data::Image image = report::image_of(split_of(found, place), static_cast<size_t>(place.image));
  return shown(image, kShownSide, inspect::text_of(found, place));
}

// "test 42"
std::string number_of(const Place& place) {
  return fmt::format("{} {}", place.is_test ? "test" : "train", place.image);
}

// Of three channels their mean, and in the note each of them.
Html moment_tile(const ChannelValues& channels, std::string_view label, const std::string& note) {
  const auto values = channels.values();
  if (values.size() == 1) return tile(fmt::format("{:.4f}", values[0]), label, note);
  return tile(
      fmt::format("{:.4f}", channels.mean()), label,
      fmt::format("{}; red {:.4f}, green {:.4f}, blue {:.4f}", note, values[0], values[1], values[2]));
}

Html tiles(const Findings& found) {
  const data::Dataset& dataset = *found.dataset;
  const data::Moments pixels = data::moments_of(dataset.train, dataset.train.count);
  const auto count = [](const data::Split& split) { return with_commas(split.count); };
  Html result{"<div class=\"tiles\">\n"};
  result += tile(count(dataset.train), "training images", "");
  result += tile(count(dataset.test), "test images", "");
  result += tile(std::to_string(dataset.classes), dataset.classes == 1 ? "class" : "classes", "");
  result += tile(fmt::format("{}×{}", dataset.train.height, dataset.train.width), "pixels", "height × width");
  result += moment_tile(pixels.mean, "mean", "of the training pixels, from 0 to 1");
  result += moment_tile(pixels.std, "standard deviation", "of the same");
  return result += Html{"</div>\n"};
}

// "1 pair", "2,422 pairs"
std::string number_of(size_t count, std::string_view unit) {
  return fmt::format("{} {}{}", with_commas(static_cast<int64_t>(count)), unit, count == 1 ? "" : "s");
}

// A row of the table of findings. What is `grave` makes accuracies wrong; the rest wants a look.
std::vector<Html> row_of(std::string_view what, size_t count, std::string_view unit, bool grave,
                         const Html& across = {}) {
  if (count == 0) return {text(what), Html{"<span class=\"good\">none</span>"}, across};
  return {text(what), html("<b{}>{}</b>", Html{grave ? " class=\"bad\"" : ""}, number_of(count, unit)),
          across};
}

// Of groups or pairs of images.
template <typename Alike>
std::vector<Html> row_of(std::string_view what, const std::vector<Alike>& alike, std::string_view unit,
                         bool grave) {
  const size_t across = inspect::across_splits(alike);
  const Html number = alike.empty() ? Html{}
                                    : html("<span{}>{}</span>", Html{across > 0 ? " class=\"bad\"" : ""},
                                           with_commas(static_cast<int64_t>(across)));
  return row_of(what, alike.size(), unit, grave, number);
}

// How the digits lie, where the images are known to be digits.
std::vector<Html> digits_row(const Findings& found) {
  const auto lies = [](const std::optional<inspect::Digits>& split) {
    return split && split->symmetry != inspect::Symmetry::kNone;
  };
  const std::string_view said = lies(found.train_digits)  ? inspect::words_for(found.train_digits->symmetry)
                                : lies(found.test_digits) ? inspect::words_for(found.test_digits->symmetry)
                                                          : "none";
  return {
      text("Digits that lie turned or mirrored"),
      said == "none" ? html("<span class=\"good\">{}</span>", said) : html("<b class=\"bad\">{}</b>", said),
      Html{}};
}

Html found_section(const Findings& found) {
  const data::CheckResult& result = found.result;
  std::vector<std::vector<Html>> rows{
      {text("looked for"), text("found"), text("across training and test")},
      row_of("Copies, to the last pixel", result.copies, "group", false),
      row_of("Copies with different labels", found.disputed, "group", true),
      row_of("Nearly the same", result.near_copies, "pair", false),
      row_of("Nearly the same, with different labels", found.disputed_near, "pair", true),
      row_of("Images of one grey level", result.blank.size(), "image", true),
      row_of("Light and dark exchanged", result.inverted.size(), "image", true)};
  if (found.train_digits || found.test_digits) rows.push_back(digits_row(found));
  Html section = table(rows);
  if (!found.remarks.empty()) section += list(found.remarks);
  if (result.has_more_near_copies)
    section += html("<p>There are more near copies: only the {} most alike are counted.</p>\n",
                    with_commas(data::kMostNearCopies));
  return section;
}

// The mean of each class's training images; black for a class without any.
std::vector<data::Image> mean_images(const data::Dataset& dataset, std::span<const int> counts) {
  const data::Split& split = dataset.train;
  const size_t size = split.image_bytes();
  std::vector<uint64_t> sums(counts.size() * size);
  for (size_t image = 0; image < split.labels.size(); ++image)
    for (size_t at = 0; at < size; ++at)
      sums[split.labels[image] * size + at] += split.pixels[image * size + at];
  std::vector<data::Image> means;
  for (size_t label = 0; label < counts.size(); ++label) {
    const auto count = static_cast<uint64_t>(std::max(1, counts[label]));
    std::vector<uint8_t> planes;
    for (size_t at = 0; at < size; ++at)
      planes.push_back(static_cast<uint8_t>((sums[label * size + at] + count / 2) / count));
    means.push_back(data::from_planes(planes, split.height, split.width, split.channels));
  }
  return means;
}

double share_of(int count, const data::Split& split) {
  return split.count == 0 ? 0 : static_cast<double>(count) / split.count;
}

// The class's shares of the training and of the test images, one below the other; the numbers beside it say
// the same.
Html bars(double train, double test, double longest) {
  const auto width = [&](double share) { return share / longest * kBarWidth; };
  return html(
      "<svg class=\"bars\" viewBox=\"0 0 {0} 16\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect "
      "class=\"bar0\" "
      "width=\"{1:.1f}\" "
      "height=\"7\"/><rect class=\"bar1\" y=\"9\" width=\"{2:.1f}\" height=\"7\"/></svg>",
      kBarWidth, width(train), width(test));
}

Html classes_section(const Findings& found) {
  const data::Dataset& dataset = *found.dataset;
  const auto train = data::class_counts(dataset.train.labels, dataset.classes);
  const auto test = data::class_counts(dataset.test.labels, dataset.classes);
  const auto means = mean_images(dataset, train);
  double longest = 1e-9;
  for (size_t label = 0; label < train.size(); ++label)
    longest = std::max({longest, share_of(train[label], dataset.train), share_of(test[label], dataset.test)});
  std::vector<std::vector<Html>> rows{{text("class"), text("mean image"),
                                       Html{"<span class=\"key0\">training</span>"},
                                       Html{"<span class=\"key1\">test</span>"}, text("shares")}};
  for (size_t label = 0; label < train.size(); ++label) {
    const std::string name = data::class_name(found.spec, label);
    const auto count = [](int images) {
      return images == 0 ? Html{"<b class=\"bad\">0</b>"} : text(with_commas(images));
    };
    rows.push_back(
        {text(name), shown(means[label], kShownSide, "mean of class " + name), count(train[label]),
         count(test[label]),
         bars(share_of(train[label], dataset.train), share_of(test[label], dataset.test), longest)});
  }
  const Html classes =
      figure(table(rows),
             html("The {} in the order of their labels, and how many training and test images each has. "
                  "The mean image is that of the training images: where it shows nothing clear, they "
                  "vary in place or form. The bars are the class’s shares of both; the longest is "
                  "{:.1f} %.",
                  counted(train.size(), "class"), 100 * longest));
  return train.size() <= kMostClasses ? classes : disclosure("Every class", classes);
}

Html pair_cell(const Findings& found, const NearCopy& pair) {
  const std::string first = class_of(found, pair.first), second = class_of(found, pair.second);
  const Html names =
      first == second ? html("<b>{}</b>", first) : html("<b class=\"bad\">{} ≠ {}</b>", first, second);
  return html("<div><div class=\"pair\">{}{}</div>{}<small>{}, {}</small><small>{}</small></div>\n",
              image_of(found, pair.first), image_of(found, pair.second), names, number_of(pair.first),
              number_of(pair.second),
              pair.correlation == 1 ? "the same" : fmt::format("correlation {:.4f}", pair.correlation));
}

template <typename Wanted>
Html pairs_section(const Findings& found, std::span<const NearCopy> pairs, std::string_view about,
                   const Wanted& wanted) {
  Html cells;
  size_t count = 0, same = 0;
  for (const NearCopy& pair : pairs) {
    if (!wanted(pair)) continue;
    same += pair.correlation == 1 ? 1 : 0;
    if (++count <= kMostPairs) cells += pair_cell(found, pair);
  }
  if (count == 0) return {};
  return figure(
      html("<div class=\"cells pairs\">\n{}</div>", cells),
      html("{} {}: {} the same to the last pixel, {} nearly.{} Below each are the classes and which images "
           "they are, counted from 0.",
           number_of(count, "pair"), about, with_commas(static_cast<int64_t>(same)),
           with_commas(static_cast<int64_t>(count - same)),
           count > kMostPairs
               ? fmt::format(" Here are {} of them, copies first, then the most alike.", kMostPairs)
               : ""));
}

Html images_section(const Findings& found, const std::vector<Place>& places, std::string_view about) {
  if (places.empty()) return {};
  Html cells{"<div class=\"cells\">\n"};
  for (const Place& place : std::span(places).first(std::min(kMostImages, places.size())))
    cells += html("<div>{}<b>{}</b><small>{}</small></div>\n", image_of(found, place), class_of(found, place),
                  number_of(place));
  cells += Html{"</div>"};
  return figure(cells,
                html("{} {}.{}", number_of(places.size(), "image"), about,
                     places.size() > kMostImages ? fmt::format(" Here are the first {}.", kMostImages) : ""));
}

std::vector<Section> sections_of(const Findings& found) {
  const auto pairs = inspect::pairs_of(found, kAllPairs);
  const auto differ = [&](const NearCopy& pair) { return inspect::has_different_labels(found, pair); };
  return {
      {"found", "What was found", found_section(found)},
      {"classes", "Classes", classes_section(found)},
      {"labels", "Alike, but with different labels",
       pairs_section(found, pairs, "of images with different labels", differ)},
      {"splits", "Alike across training and test",
       pairs_section(found, pairs, "of a training and a test image with the same label",
                     [&](const NearCopy& pair) { return !differ(pair) && inspect::is_across_splits(pair); })},
      {"within", "Alike within training or test",
       pairs_section(
           found, pairs, "within one split, with the same label",
           [&](const NearCopy& pair) { return !differ(pair) && !inspect::is_across_splits(pair); })},
      {"blank", "Images of one grey level", images_section(found, found.result.blank, "that show nothing")},
      {"inverted", "Light and dark exchanged",
       images_section(found, found.result.inverted,
                      "whose border is as light as the others’ is dark, or the other way round")}};
}

}  // namespace

std::string dataset_page(const Findings& findings) {
  const data::Dataset& dataset = *findings.dataset;
  const std::string title = fmt::format("{}: what was found in its images", dataset.name);
  Page page(title);
  page.add(
      html("<header>\n<h1>{}</h1>\n<p class=\"lead\">By <code>rung data check</code>, which compares each of "
           "the {} images with every other one.</p>\n{}</header>\n",
           title, with_commas(dataset.train.count + dataset.test.count), tiles(findings)));
  page.add(with_contents(sections_of(findings), "", 2));
  return page.finish();
}

}  // namespace rung::report

#include "report/prediction_sections.h"

#include <algorithm>
#include <array>

#include "base/require.h"
#include "base/text.h"
#include "report/event_images.h"
#include "report/picture.h"
#include "report/prediction_quality.h"

namespace rung::report {
namespace {

constexpr size_t kLargestMatrix = 27;   // classes
constexpr size_t kRoomyMatrix = 16;     // classes up to which cells are large
constexpr size_t kMostPairs = 20;       // listed where there are more classes
constexpr int kConfusionPicture = 600;  // pixels a side, about, as shown

using Counts = std::vector<std::vector<int>>;  // [true][predicted]

Html confusion_cell(int count, bool right) {
  if (right) return html("<td class=\"right\">{}</td>", count);
  if (count == 0) return Html{"<td class=\"none\">0</td>"};
  const int heat = count >= 12 ? 4 : count >= 6 ? 3 : count >= 3 ? 2 : 1;
  return html("<td class=\"h{}\">{}</td>", heat, count);
}

// The classes that any image belongs to or is taken for.
std::vector<size_t> classes_in(const Counts& counts) {
  std::vector<size_t> classes;
  for (size_t k = 0; k < counts.size(); ++k)
    if (images_of(counts, k) > 0 || predictions_of(counts, k) > 0) classes.push_back(k);
  return classes;
}

// "98.5 %", or a dash for a class without images.
Html share_text(int64_t part, int64_t all) {
  if (all == 0) return text("–");
  return html("{:.1f} %", 100.0 * static_cast<double>(part) / static_cast<double>(all));
}

Html confusion_head(const Exhibit& exhibit, const std::vector<size_t>& classes) {
  Html head = html(
      "<thead><tr><td></td><td></td><th class=\"axis\" colspan=\"{}\">predicted class</th>"
      "<td></td></tr>\n<tr><td></td><td></td>",
      classes.size());
  for (const size_t k : classes) {
    const std::string name = class_name(exhibit, k);
    const bool is_number = name == std::to_string(k);
    head += html("<th{}>{}</th>", Html{is_number ? "" : " class=\"name\""}, name);
  }
  return head += Html{"<th class=\"share\">recall</th></tr></thead>\n<tbody>\n"};
}

Html confusion_matrix(const Exhibit& exhibit, const Counts& counts, const std::vector<size_t>& classes) {
  Html rows = confusion_head(exhibit, classes);
  for (const size_t truth : classes) {
    rows += Html{"<tr>"};
    if (truth == classes.front())
      rows += html("<th class=\"axis down\" rowspan=\"{}\">true class</th>", classes.size());
    rows += html("<th class=\"row\">{}</th>", class_name(exhibit, truth));
    for (const size_t guess : classes) rows += confusion_cell(counts[truth][guess], guess == truth);
    rows += html("<th class=\"share\">{}</th></tr>\n",
                 share_text(counts[truth][truth], images_of(counts, truth)));
  }
  return html("<div class=\"scroll\"><table class=\"confusion{}\">{}</tbody></table></div>",
              Html{classes.size() > kRoomyMatrix ? " dense" : ""}, rows);
}

// Of many classes: which are taken for which, most often first.
Html confused_pairs(const Exhibit& exhibit, const Counts& counts) {
  std::vector<std::array<size_t, 3>> pairs;  // images, true class, predicted class
  for (size_t truth = 0; truth < counts.size(); ++truth)
    for (size_t guess = 0; guess < counts.size(); ++guess)
      if (guess != truth && counts[truth][guess] > 0)
        pairs.push_back({static_cast<size_t>(counts[truth][guess]), truth, guess});
  if (pairs.empty()) return html("<p>The model takes no image for one of another class.</p>\n");
  std::stable_sort(pairs.begin(), pairs.end(), [](const auto& a, const auto& b) { return a[0] > b[0]; });
  const size_t shown = std::min(pairs.size(), kMostPairs);
  std::vector<std::vector<Html>> rows{{text("true class"), text("predicted class"), text("images")}};
  for (const auto& [images, truth, guess] : std::span(pairs).first(shown))
    rows.push_back({text(class_name(exhibit, truth)), text(class_name(exhibit, guess)), html("{}", images)});
  return figure(table(rows, 2),
                html("The {} of classes that the model confuses most often.", counted(shown, "pair")));
}

// Of many classes: how well each is recognised.
Html recall_table(const Exhibit& exhibit, const Counts& counts, const std::vector<size_t>& classes) {
  std::vector<std::vector<Html>> rows{{text("class"), text("images"), text("recall"), text("predictions"),
                                       text("of these right"), text("most often taken for")}};
  for (const size_t k : classes) {
    const auto& row = counts[k];
    size_t other = k == 0 && row.size() > 1 ? 1 : 0;
    for (size_t guess = 0; guess < row.size(); ++guess)
      if (guess != k && row[guess] > row[other]) other = guess;
    const bool any = other != k && row[other] > 0;
    rows.push_back(
        {text(class_name(exhibit, k)), text(with_commas(images_of(counts, k))),
         share_text(row[k], images_of(counts, k)), text(with_commas(predictions_of(counts, k))),
         share_text(row[k], predictions_of(counts, k)),
         any ? html("{} ({})", class_name(exhibit, other), counted(static_cast<size_t>(row[other]), "image"))
             : text("–")});
  }
  return disclosure("The figures of every class", table(rows));
}

Html many_classes_section(const Exhibit& exhibit, const Counts& counts, const std::vector<size_t>& classes,
                          const std::string& caption) {
  const auto image = confusion_picture(counts, classes);
  Html section = figure(html("<div class=\"axes\"><b>true class ↓ &nbsp; predicted class →</b>{}</div>",
                             picture(image, std::max(1, kConfusionPicture / image.width),
                                     "confusion matrix: rows are true classes, columns predicted ones")),
                        html("{} The darker a square, the larger the share of the true class’s images: blue "
                             "where the prediction is right, red where it is wrong.",
                             caption));
  section += confused_pairs(exhibit, counts);
  return section += recall_table(exhibit, counts, classes);
}

Html bin_table(const Calibration& calibration) {
  std::vector<std::vector<Html>> rows{
      {text("probability"), text("images"), text("mean probability"), text("share that is right")}};
  const auto bins = static_cast<double>(calibration.bins.size());
  for (size_t bin = 0; bin < calibration.bins.size(); ++bin) {
    const Calibration::Bin& values = calibration.bins[bin];
    if (values.images == 0) continue;
    rows.push_back(
        {html("{:.3f} – {:.3f}", static_cast<double>(bin) / bins, static_cast<double>(bin + 1) / bins),
         text(with_commas(values.images)), html("{:.3f}", values.confidence),
         html("{:.3f}", values.accuracy)});
  }
  return table(rows);
}

}  // namespace

Html confusion_section(const Exhibit& exhibit) {
  RUNG_REQUIRE(exhibit.predictions);
  const data::Split& test = exhibit.data->test;
  const Predictions& predictions = *exhibit.predictions;
  const auto counts = confusion(test.labels, predictions.predicted, predictions.classes);
  const auto classes = classes_in(counts);
  const std::string caption = fmt::format(
      "The {} test images after the last epoch: a row is the true class, a column the predicted "
      "class{}. Recall is the share of a class’s images that the model gets right; the mean over "
      "the classes, the balanced accuracy, is {:.2f} %.",
      with_commas(test.count),
      classes.size() < counts.size() ? " (classes without images and predictions are left out)" : "",
      100 * balanced_accuracy(counts));
  if (classes.size() > kLargestMatrix) return many_classes_section(exhibit, counts, classes, caption);
  return figure(confusion_matrix(exhibit, counts, classes),
                html("{} The redder a square, the more images are mistaken in that way.", caption));
}

Html calibration_section(const Exhibit& exhibit, Page& page) {
  RUNG_REQUIRE(exhibit.predictions);
  const Calibration result = calibration(*exhibit.predictions, exhibit.data->test.labels);
  Series accuracy{"share that is right", {}, 0};
  Series images{"images", {}, 1};
  for (const Calibration::Bin& bin : result.bins) {
    const double middle =
        (static_cast<double>(&bin - result.bins.data()) + 0.5) / static_cast<double>(result.bins.size());
    if (bin.images == 0) continue;
    accuracy.points.emplace_back(middle, bin.accuracy);
    images.points.emplace_back(middle, bin.images);
  }
  Html plots{"<div class=\"plots\">"};
  plots += page.chart({.title = "reliability diagram",
                       .kind = Chart::Kind::kBars,
                       .x = {"probability of the predicted class"},
                       .y = {"share that is right"},
                       .series = {accuracy, {"perfect", {{0, 0}, {1, 1}}, 4, Series::Style::kReference}},
                       .target = {},
                       .legend = false});
  plots += page.chart({.title = "images by probability of the predicted class",
                       .kind = Chart::Kind::kBars,
                       .x = {"probability of the predicted class"},
                       .y = {"images", Scale::kLogarithmic},
                       .series = {images},
                       .target = {},
                       .legend = false});
  plots += Html{"</div>"};
  Html section = figure(
      plots, html("The test images in 15 bins of the predicted class’s probability. The first chart shows "
                  "the share of each bin’s images that the model gets right (dashed: a model that is right "
                  "as often as it claims), the second how many images each bin has. The expected "
                  "calibration error is {:.2f} points, the mean probability {:.2f} %, the accuracy {:.2f} %.",
                  100 * result.expected_error, 100 * result.confidence, 100 * result.accuracy));
  return section += disclosure("The figures of every bin", bin_table(result));
}

}  // namespace rung::report

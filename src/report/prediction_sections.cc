#include "report/prediction_sections.h"

#include <algorithm>
#include <array>

#include "ladder/changes.h"
#include "report/statistics.h"

namespace rung::report {
namespace {

using ladder::with_commas;

constexpr int kLargestMatrix = 24;  // classes
constexpr size_t kMostPairs = 20;   // listed if there are more classes

Html confusion_cell(int count, bool right) {
  if (right) return html("<td class=\"right\">{}</td>", count);
  if (count == 0) return Html{"<td class=\"none\">0</td>"};
  const int heat = count >= 12 ? 4 : count >= 6 ? 3 : count >= 3 ? 2 : 1;
  return html("<td class=\"h{}\">{}</td>", heat, count);
}

Html confusion_matrix(const std::vector<std::vector<int>>& counts) {
  Html rows{"<thead><tr><th></th>"};
  for (size_t k = 0; k < counts.size(); ++k) rows += html("<th>{}</th>", k);
  rows += Html{"<th class=\"share\">right</th></tr></thead><tbody>\n"};
  for (size_t truth = 0; truth < counts.size(); ++truth) {
    int total = 0;
    rows += html("<tr><th>{}</th>", truth);
    for (size_t k = 0; k < counts.size(); ++k) {
      rows += confusion_cell(counts[truth][k], k == truth);
      total += counts[truth][k];
    }
    rows += total == 0
                ? Html{"<th class=\"share\">–</th></tr>\n"}
                : html("<th class=\"share\">{:.1f} %</th></tr>\n", 100.0 * counts[truth][truth] / total);
  }
  return html("<div class=\"scroll\"><table class=\"confusion\">{}</tbody></table></div>", rows);
}

// For many classes: which are taken for which, most frequent first.
Html confused_pairs(const std::vector<std::vector<int>>& counts) {
  std::vector<std::array<size_t, 3>> pairs;  // images, true class, predicted class
  for (size_t truth = 0; truth < counts.size(); ++truth)
    for (size_t guess = 0; guess < counts.size(); ++guess)
      if (guess != truth && counts[truth][guess] > 0)
        pairs.push_back({static_cast<size_t>(counts[truth][guess]), truth, guess});
  if (pairs.empty()) return html("<p>No image is taken for another class’s.</p>\n");
  std::stable_sort(pairs.begin(), pairs.end(), [](const auto& a, const auto& b) { return a[0] > b[0]; });
  std::vector<std::vector<Html>> rows{{text("true class"), text("predicted"), text("images")}};
  for (const auto& [images, truth, guess] : std::span(pairs).first(std::min(pairs.size(), kMostPairs)))
    rows.push_back({html("{}", truth), html("{}", guess), html("{}", images)});
  return table(rows);
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
  const Predictions& predictions = *exhibit.predictions;
  const data::Split& test = exhibit.data->test;
  const auto counts = confusion(test.labels, predictions.predicted, predictions.classes);
  if (predictions.classes > kLargestMatrix)
    return figure(confused_pairs(counts), html("The pairs of classes that are confused most often among the "
                                               "{} test images, at most {}.",
                                               with_commas(test.count), kMostPairs));
  return figure(confusion_matrix(counts),
                html("The {} test images, last epoch: a row is the true class, a column the predicted one. "
                     "The shade marks mistakes.",
                     with_commas(test.count)));
}

Html calibration_section(const Exhibit& exhibit, Page& page) {
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
      plots, html("The test images in 15 bins of the predicted class's probability: first, how "
                  "many of a bin's images it gets right (dashed: a model that is right as often as it "
                  "claims); then, how many images there are. Expected calibration error {:.2f} points; mean "
                  "probability {:.2f} %, accuracy {:.2f} %.",
                  100 * result.expected_error, 100 * result.confidence, 100 * result.accuracy));
  return section += disclosure("The figures of every bin", bin_table(result));
}

}  // namespace rung::report

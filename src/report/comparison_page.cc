#include "report/comparison_page.h"
#include "report/draw_box.h"

#include <algorithm>

#include "base/require.h"
#include "base/text.h"
#include "ladder/changes.h"
#include "ladder/class_findings.h"
#include "ladder/comparable.h"
#include "ladder/markdown.h"
#include "ladder/p_value.h"
#include "ladder/results.h"
#include "ladder/run_statistics.h"
#include "report/draw_box.h"
#include "report/image_sections.h"
#include "report/page.h"
#include "report/run_sections.h"
#include "report/story.h"

namespace rung::report {
namespace {

constexpr size_t kMostImages = 40;  // shown per kind

bool validates(const Exhibit& exhibit) {
  return exhibit.run.record.epochs.back().validation.has_value();
}

Html figures_section(const Exhibit& first, const Exhibit& second) {
  std::vector<std::vector<Html>> rows{
      {text(""), text(first.run.name), text(second.run.name), text("difference")}};
  const auto row = [&](recipe::Metric metric, const std::string& what) {
    const double a = ladder::metric_value(metric, first.run.record);
    const double b = ladder::metric_value(metric, second.run.record);
    const bool comparable = ladder::same_images(metric, first.run.recipe.dataset, second.run.recipe.dataset);
    const bool whole = metric == recipe::Metric::kParams;
    rows.push_back({text(what), text(ladder::metric_text(metric, a)), text(ladder::metric_text(metric, b)),
                    !comparable ? text("not compared: other images")
                    : whole     ? html("{}{}", b > a ? "+" : "", with_commas(static_cast<int64_t>(b - a)))
                                : html("{:+.2f}", b - a)});
  };
  row(recipe::Metric::kParams, "parameters");
  row(recipe::Metric::kFinalTestAccuracy, "test accuracy, last epoch");
  constexpr auto kBalanced = recipe::Metric::kFinalBalancedTestAccuracy;
  const bool shows_balanced =
      ladder::shows_balanced(first.run.record) || ladder::shows_balanced(second.run.record);
  if (shows_balanced && ladder::has_metric(kBalanced, first.run.record) &&
      ladder::has_metric(kBalanced, second.run.record))
    row(kBalanced, "balanced test accuracy, last epoch");
  const int epochs = first.run.record.epochs_in_mean();
  if (epochs > 1 && epochs == second.run.record.epochs_in_mean())
    row(recipe::Metric::kMeanLast3TestAccuracy, ladder::mean_of_last_words(epochs));
  row(recipe::Metric::kBestTestAccuracy, "best epoch");
  if (validates(first) && validates(second)) {
    row(recipe::Metric::kBestValidationAccuracy, "best validation");
    row(recipe::Metric::kTestAccuracyAtBestValidation, "test accuracy at the best validation");
  }
  if (first.run.finished && second.run.finished) row(recipe::Metric::kOverfittingGap, "training minus test");
  row(recipe::Metric::kTrainSeconds, "training time");
  return table(rows);
}

Html verdict(const ladder::McNemar& test, const std::string& first, const std::string& second) {
  if (test.p_value >= ladder::kSignificance)
    return html(
        "<p><b>The two cannot be told apart</b> on these images ({}): equally good models often differ by "
        "this much or more.</p>\n",
        ladder::p_value_equation(test.p_value));
  return html("<p><b>{} is better</b> on these images by more than chance ({}).</p>\n",
              test.only_second > test.only_first ? second : first, ladder::p_value_equation(test.p_value));
}

// How many images each of the two gets right and wrong.
Html pairs_table(const ladder::McNemar& test, const Exhibit& first, const Exhibit& second) {
  const auto& labels = first.data->test.labels;
  int both = 0;
  for (size_t i = 0; i < labels.size(); ++i)
    both += first.predictions->predicted[i] == labels[i] && second.predictions->predicted[i] == labels[i];
  const int neither = static_cast<int>(labels.size()) - both - test.only_first - test.only_second;
  const auto cell = [](int count) { return text(with_commas(count)); };
  const std::string& a = first.run.name;
  const std::string& b = second.run.name;
  return table({{text("test images"), html("{} right", b), html("{} wrong", b)},
                {html("{} right", a), cell(both), cell(test.only_first)},
                {html("{} wrong", a), cell(test.only_second), cell(neither)}});
}

Html test_section(const Exhibit& first, const Exhibit& second) {
  const auto test = compare(first, second);
  if (!test)
    return html("<p class=\"note\">The paired test needs the dataset and the weights of both runs.</p>\n");
  Html section = data_note(first.other_data ? first : second);
  section += verdict(*test, first.run.name, second.run.name);
  section += pairs_table(*test, first, second);
  const auto [fewer, more] = std::minmax(test->only_first, test->only_second);
  return section += html(
             "<p class=\"lead\">McNemar’s paired test looks only at the {} images on which one is right and "
             "the other wrong. If both were equally good, each of these would be decided as by a fair coin; "
             "coins split them as unevenly as {} to {}, or more so, with probability {} (exact, "
             "two-sided). The test says nothing about other seeds.</p>\n",
             fewer + more, more, fewer, ladder::p_value_text(test->p_value));
}

Html changes_section(const Exhibit& first, const Exhibit& second) {
  const auto changes = ladder::describe_changes(first.run.recipe, second.run.recipe);
  return changes.empty() ? html("<p>Nothing in the recipes.</p>\n") : list(changes);
}

Html curves_section(const Exhibit& first, const Exhibit& second, Page& page) {
  using train::EpochRecord;
  Html plots{"<div class=\"plots\">"};
  const auto plot = [&](const char* label, Scale scale, double EpochRecord::*value) {
    plots += page.chart({.title = fmt::format("{} by epoch", label),
                         .x = {"epoch"},
                         .y = {label, scale},
                         .series = {{first.run.name, points_of(first.run.record, value), 0},
                                    {second.run.name, points_of(second.run.record, value), 1}},
                         .target = {}});
  };
  plot("training loss", Scale::kLogarithmic, &EpochRecord::train_loss);
  plot("test loss", Scale::kLogarithmic, &EpochRecord::test_loss);
  plot("training accuracy, %", Scale::kAccuracy, &EpochRecord::train_accuracy);
  plot("test accuracy, %", Scale::kAccuracy, &EpochRecord::test_accuracy);
  plots += Html{"</div>"};
  return figure(plots, html("Every epoch of both. Training figures are running ones."));
}

// The images that `right` gets right and `wrong` does not, clearest first.
std::vector<uint32_t> only_right(const Exhibit& right, const Exhibit& wrong) {
  const auto& labels = right.data->test.labels;
  std::vector<uint32_t> images;
  for (uint32_t i = 0; i < labels.size(); ++i)
    if (right.predictions->predicted[i] == labels[i] && wrong.predictions->predicted[i] != labels[i])
      images.push_back(i);
  const auto lead = [&](uint32_t image) {
    return right.predictions->given_true[image] - wrong.predictions->given_true[image];
  };
  std::stable_sort(images.begin(), images.end(), [&](uint32_t a, uint32_t b) { return lead(a) > lead(b); });
  return images;
}

Html only_right_section(const Exhibit& right, const Exhibit& wrong) {
  if (!compare(right, wrong) || !can_show_images(right)) return {};
  const auto images = only_right(right, wrong);
  if (images.empty()) return html("<p>No image.</p>\n");
  const data::Split& test = right.data->test;
  Html cells{"<div class=\"cells\">\n"};
  for (const uint32_t image : std::span(images).first(std::min(kMostImages, images.size())))
    cells += image_cell(
        test, image,
        html("<b>{} as {}</b><small>{:.0f} %, {:.0f} %</small>", class_name(right, test.labels[image]),
             class_name(right, wrong.predictions->predicted[image]),
             100 * right.predictions->given_true[image], 100 * wrong.predictions->given_true[image]));
  cells += Html{"</div>"};
  const std::string shown =
      images.size() > kMostImages ? fmt::format("; here are the {} clearest", kMostImages) : std::string();
  Html section = data_note(right.other_data ? right : wrong);
  return section +=
         figure(cells,
                html("{} images that {} gets right and {} does not{}. “A as B” is an image of class A that "
                     "{} takes for class B; below it are the probabilities that {} and {} give to the "
                     "true class.",
                     images.size(), right.run.name, wrong.run.name, shown, wrong.run.name, right.run.name,
                     wrong.run.name));
}

Html drawing_section(const Exhibit& first, const Exhibit& second, Page& page) {
  Html boxes;
  for (const Exhibit* exhibit : {&first, &second})
    if (const Html box = draw_box(*exhibit, page); !box.empty())
      boxes += html("<h3>{}</h3>\n{}", exhibit->run.name, box);
  return boxes;
}

// Whether the two were trained and tested on data that is not the same.
bool have_other_data(const Exhibit& first, const Exhibit& second) {
  return !first.data_sha256.empty() && !second.data_sha256.empty() && first.data_sha256 != second.data_sha256;
}

Html introduction(const Exhibit& first, const Exhibit& second) {
  Html intro = html("<header>\n<h1>{} and {}</h1>\n<p class=\"lead\">{}; {}.</p>\n", first.run.name,
                    second.run.name, title_of(first), title_of(second));
  for (const Exhibit* exhibit : {&first, &second})
    for (const std::string& remark : exhibit->remarks)
      intro += html("<p class=\"note\">{}: {}</p>\n", exhibit->run.name, remark);
  if (have_other_data(first, second))
    intro += html(
        "<p class=\"note\">The two runs were tested on different images or labels: the figures that "
        "they recorded cannot be compared.</p>\n");
  return intro += Html{"</header>\n"};
}

}  // namespace

std::string comparison_page(const Exhibit& first, const Exhibit& second) {
  RUNG_REQUIRE(first.run.recipe.dataset.name == second.run.recipe.dataset.name);
  Page page(fmt::format("{} and {}", first.run.name, second.run.name));
  page.add(introduction(first, second));
  page.add(with_contents(
      {{"figures", "Figures", figures_section(first, second)},
       {"test", "Are they different?", test_section(first, second)},
       {"changes", "What is different", changes_section(first, second)},
       {"curves", "Curves", curves_section(first, second, page)},
       {"first", fmt::format("Only {} is right", first.run.name), only_right_section(first, second)},
       {"second", fmt::format("Only {} is right", second.run.name), only_right_section(second, first)},
       {"draw", "Draw one", drawing_section(first, second, page)}},
      "", 2));
  return page.finish();
}

}  // namespace rung::report

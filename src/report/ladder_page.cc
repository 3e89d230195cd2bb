#include "report/ladder_page.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/require.h"
#include "base/text.h"
#include "ladder/advice.h"
#include "ladder/reference.h"
#include "report/page.h"
#include "report/run_sections.h"
#include "report/story.h"

namespace rung::report {
namespace {

// The rows without the columns that have nothing below their head.
std::vector<std::vector<Html>> without_empty_columns(const std::vector<std::vector<Html>>& rows) {
  std::vector<std::vector<Html>> kept(rows.size());
  for (size_t column = 0; column < rows.front().size(); ++column) {
    const bool empty =
        std::all_of(rows.begin() + 1, rows.end(), [&](const auto& row) { return row[column].empty(); });
    for (size_t row = 0; row < rows.size() && !empty; ++row) kept[row].push_back(rows[row][column]);
  }
  return kept;
}

Html overview_table(std::span<const Exhibit> steps) {
  std::vector<std::vector<Html>> rows{{text("step"), text("parameters"), text("last epoch, test, %"),
                                       text("best test, %"), text("notebook: last"), text("notebook: best"),
                                       text("gap, points"), text("seconds of training"),
                                       text("targets met")}};
  std::vector<std::string> remarks;
  for (const Exhibit& step : steps) {
    const train::RunRecord& record = step.run.record;
    const auto [reference, remark] = ladder::reference_beside(step.run.recipe);
    remarks.push_back(remark);
    rows.push_back(
        {html("<a href=\"#step{}\">{}</a>", rows.size(), step.run.name), text(with_commas(record.params)),
         text(last_accuracy(record)), html("{:.2f}", record.best().test_accuracy),
         reference ? html("{:.2f}", reference->final_test_accuracy) : text(""),
         reference ? html("{:.2f}", reference->best_test_accuracy) : text(""),
         step.run.finished ? html("{:+.2f}", record.overfitting_gap()) : text(""),
         html("{:.1f}", record.train_seconds()),
         step.targets.empty() ? text("") : html("{} of {}", targets_met(step), step.targets.size())});
  }
  Html section = table(without_empty_columns(rows));
  section += html(
      "<p class=\"lead\">The last epoch is the honest figure; its standard error is beside it. The best "
      "epoch is chosen on the test set, so its accuracy is too high; it is here for comparison with "
      "reports that give the same.</p>\n");
  for (const std::string& remark : ladder::said_once(remarks))
    section += html("<p class=\"lead\">{}</p>\n", remark);
  return section;
}

// Test accuracy: one row per epoch, one column per step.
Html epoch_table(std::span<const Exhibit> steps) {
  std::vector<std::vector<Html>> rows{{text("epoch")}};
  size_t epochs = 0;
  for (const Exhibit& step : steps) {
    rows.front().push_back(text(step.run.name));
    epochs = std::max(epochs, step.run.record.epochs.size());
  }
  for (size_t epoch = 0; epoch < epochs; ++epoch) {
    rows.push_back({html("{}", epoch + 1)});
    for (const Exhibit& step : steps) {
      const auto& records = step.run.record.epochs;
      rows.back().push_back(epoch < records.size() ? html("{:.2f}", records[epoch].test_accuracy) : text(""));
    }
  }
  return table(rows);
}

Html curves(std::span<const Exhibit> steps, Page& page) {
  Chart chart{.title = "test accuracy of every step by epoch",
              .x = {"epoch"},
              .y = {"test accuracy, %", Scale::kAccuracy},
              .series = {},
              .target = {}};
  bool any_reference = false;
  for (const Exhibit& step : steps) {
    const int colour = static_cast<int>(&step - steps.data());
    chart.series.push_back(
        {step.run.name, points_of(step.run.record, &train::EpochRecord::test_accuracy), colour});
    if (!step.notebook) continue;
    any_reference = true;
    chart.series.push_back({step.run.name + ", notebook",
                            points_of(*step.notebook, &ReferenceEpoch::test_accuracy), colour,
                            Series::Style::kReference});
  }
  Html section = figure(
      html("<div class=\"tall\">{}</div>", page.chart(chart)),
      html("Test accuracy after every epoch, on an axis that is logarithmic in the error that is left.{} A "
           "click on a name hides its lines.",
           any_reference
               ? " Faint and dashed, in the same colour: the PyTorch notebooks that the ladder re-creates."
               : ""));
  return section += disclosure("The figures of every epoch", epoch_table(steps));
}

// What the last step aims at: a largest number of parameters and a least accuracy.
std::optional<std::pair<double, double>> goal_of(const recipe::Recipe& recipe) {
  const auto params = ladder::parameter_budget(recipe);
  std::optional<double> accuracy;
  for (const recipe::Target& target : recipe.targets) {
    const auto* bound = std::get_if<double>(&target.bound);
    if (bound == nullptr || (target.comparison != recipe::Comparison::kAbove &&
                             target.comparison != recipe::Comparison::kAtLeast))
      continue;
    if (target.metric == recipe::Metric::kBestTestAccuracy ||
        target.metric == recipe::Metric::kFinalTestAccuracy ||
        target.metric == recipe::Metric::kMeanLast3TestAccuracy ||
        target.metric == recipe::Metric::kTestAccuracyAtBestValidation)
      accuracy = *bound;
  }
  if (!params || !accuracy) return std::nullopt;
  return std::pair(static_cast<double>(*params), *accuracy);
}

Html sizes(std::span<const Exhibit> steps, Page& page) {
  Chart chart{.title = "test accuracy against parameters",
              .x = {"parameters", Scale::kAmount},
              .y = {"test accuracy, %", Scale::kAccuracy},
              .series = {},
              .target = goal_of(steps.back().run.recipe),
              .legend = false};
  for (const Exhibit& step : steps) {
    const int colour = static_cast<int>(&step - steps.data());
    const auto params = static_cast<double>(step.run.record.params);
    const double last = step.run.record.final_test_accuracy();
    const double best = step.run.record.best().test_accuracy;
    chart.series.push_back({step.run.name, {{params, last}}, colour, Series::Style::kMark});
    if (best > last)
      chart.series.push_back(
          {step.run.name + ", best epoch", {{params, best}}, colour, Series::Style::kHollow});
    if (step.run.record.test_images == 0 || last == 100) continue;
    const double error = ladder::standard_error(step.run.record);
    chart.series.push_back({step.run.name + " ± a standard error",
                            {{params, last - error}, {params, std::min(100.0, last + error)}},
                            colour,
                            Series::Style::kWhisker});
  }
  const auto& goal = chart.target;
  return figure(html("<div class=\"tall\">{}</div>", page.chart(chart)),
                html("Accuracy against size. A filled mark is the last epoch with its standard error, an "
                     "outline the best epoch.{}",
                     goal ? fmt::format(" Shaded: the goal of {}, at most {} parameters and at least {:g} %.",
                                        steps.back().run.name, with_commas(static_cast<int64_t>(goal->first)),
                                        goal->second)
                          : ""));
}

// The figures of the ladder's end.
Html tiles(std::span<const Exhibit> steps, double seconds) {
  const train::RunRecord& last = steps.back().run.record;
  int64_t met = 0;
  size_t targets = 0;
  for (const Exhibit& step : steps) {
    met += targets_met(step);
    targets += step.targets.size();
  }
  Html result{"<div class=\"tiles\">\n"};
  result += tile(fmt::format("{:.2f} %", last.final_test_accuracy()), "test accuracy at the end",
                 fmt::format("{}, last epoch", steps.back().run.name));
  result += tile(with_commas(last.params), "parameters", steps.back().run.name);
  if (targets > 0) result += tile(fmt::format("{} of {}", met, targets), "targets met", "all steps");
  result += tile(fmt::format("{:.0f} s", seconds), "training and evaluation", "all steps");
  result += Html{"</div>\n"};
  return result;
}

std::string title_of(std::span<const Exhibit> steps) {
  return fmt::format("Ladder of {} {}", steps.size(), steps.size() == 1 ? "step" : "steps");
}

// The seed and machine that the runs have in common.
Html conditions(std::span<const Exhibit> steps) {
  std::set<std::string> seeds;
  std::set<std::string> machines;
  for (const Exhibit& step : steps) {
    seeds.insert(fmt::format("Seed {}", step.run.record.seed));
    machines.insert(machine_text(step.run.record.machine));
  }
  std::vector<std::string> common;
  for (const auto& values : {seeds, machines})
    if (values.size() == 1 && !values.begin()->empty()) common.push_back(*values.begin());
  return common.empty() ? Html{}
                        : html("<p class=\"lead\">{}</p>\n", fmt::format("{}", fmt::join(common, "; ")));
}

// What holds for all steps is said once, what holds for some with their names.
Html remarks(std::span<const Exhibit> steps) {
  std::map<std::string, std::vector<std::string>> names;  // by remark
  for (const Exhibit& step : steps)
    for (const std::string& remark : step.remarks) names[remark].push_back(step.run.name);
  Html notes;
  for (const auto& [remark, of] : names) {
    notes += of.size() == steps.size()
                 ? html("<p class=\"note\">{}</p>\n", remark)
                 : html("<p class=\"note\">{}: {}</p>\n", fmt::format("{}", fmt::join(of, ", ")), remark);
  }
  return notes;
}

Html intro(std::span<const Exhibit> steps) {
  double seconds = 0;
  for (const Exhibit& step : steps) seconds += step.run.record.total_seconds();
  Html result =
      html("<header>\n<h1>{}</h1>\n{}{}", title_of(steps), conditions(steps), tiles(steps, seconds));
  result += remarks(steps);
  result += Html{"</header>\n"};
  return result;
}

Html step_section(const Exhibit& step, const std::string& prefix, Page& page) {
  Html section;
  if (!step.run.recipe.description.empty())
    section += html("<p class=\"lead\">{}</p>\n", step.run.recipe.description);
  section += titled(story_sections(step), prefix, 3);
  section +=
      disclosure(fmt::format("Look closer at {}: curves, model, mistakes, what is inside", step.run.name),
                 with_contents(detail_sections(step, page), prefix, 3));
  return section;
}

}  // namespace

std::string ladder_page(std::span<const Exhibit> steps) {
  RUNG_REQUIRE(!steps.empty());
  Page page(title_of(steps));
  page.add(intro(steps));
  std::vector<Section> sections{{"steps", "All steps", overview_table(steps)},
                                {"epochs", "Accuracy by epoch", curves(steps, page)},
                                {"sizes", "Accuracy and size", sizes(steps, page)}};
  for (const Exhibit& step : steps) {
    const std::string id = fmt::format("step{}", &step - steps.data() + 1);
    sections.push_back({id, title_of(step), step_section(step, id + "-", page)});
  }
  page.add(with_contents(sections, "", 2));
  return page.finish();
}

}  // namespace rung::report

#include "report/sweep_page.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/file.h"
#include "ladder/run.h"
#include "report/page.h"
#include "report/write_report.h"
#include "sweep/sweep_report.h"

namespace rung::report {
namespace {

using sweep::SweepRun;

constexpr size_t kMostCurves = 12;  // recipes in a chart; more cannot be told apart

// The finished runs of the plan's recipe `index`, in the order of their seeds.
std::vector<const train::RunRecord*> records_of(const sweep::Sweep& sweep, size_t index) {
  std::vector<const train::RunRecord*> records;
  for (const SweepRun& run : sweep.runs())
    if (run.recipe == index && run.record) records.push_back(&*run.record);
  return records;
}

// "validation", or "test": the images on which the recipes are compared.
std::string_view split_of(const sweep::SweepStatistics& statistics) {
  return recipe::needs_validation(statistics.compared) ? "validation" : "test";
}

// How many percent of the runs lie above each value of the metric.
Points shares_above(recipe::Metric metric, const std::vector<const train::RunRecord*>& records) {
  std::vector<double> values;
  for (const train::RunRecord* record : records) values.push_back(ladder::metric_value(metric, *record));
  std::ranges::sort(values);
  const auto count = static_cast<double>(values.size());
  Points points;
  for (size_t i = 0; i < values.size(); ++i) {
    if (i == 0) points.emplace_back(values[i], 100);
    if (i + 1 < values.size() && values[i + 1] == values[i]) continue;
    points.emplace_back(values[i], 100 * (count - static_cast<double>(i) - 1) / count);
  }
  return points;
}

// The mean over the runs, epoch by epoch, on the images of the metric.
Points mean_curve(recipe::Metric metric, const std::vector<const train::RunRecord*>& records) {
  const bool validation = recipe::needs_validation(metric);
  Points points;
  for (size_t epoch = 0;; ++epoch) {
    double sum = 0;
    for (const train::RunRecord* record : records) {
      if (epoch >= record->epochs.size()) return points;
      const train::EpochRecord& one = record->epochs[epoch];
      sum += validation ? one.choosing_accuracy() : one.test_accuracy;
    }
    points.emplace_back(static_cast<double>(epoch + 1), sum / static_cast<double>(records.size()));
  }
}

Html charts_section(const sweep::Sweep& sweep, const sweep::SweepStatistics& statistics, Page& page) {
  const recipe::Metric metric = statistics.compared;
  const std::string_view split = split_of(statistics);
  Chart shares{.title = fmt::format("share of the seeds above a {} accuracy", split),
               .x = {fmt::format("{}, %", recipe::words_for(metric)), Scale::kMeasure},
               .y = {"seeds above it, %"},
               .series = {},
               .target = {}};
  Chart curves{.title = fmt::format("mean {} accuracy of the seeds by epoch", split),
               .x = {"epoch"},
               .y = {fmt::format("{} accuracy, mean of the seeds, %", split), Scale::kAccuracy},
               .series = {},
               .target = {}};
  for (size_t recipe = 0; recipe < sweep.plan().recipes.size(); ++recipe) {
    const auto records = records_of(sweep, recipe);
    if (records.empty()) continue;
    if (shares.series.size() == kMostCurves) break;
    const std::string& name = sweep.plan().recipes[recipe].name;
    const int colour = static_cast<int>(recipe);
    shares.series.push_back({name, shares_above(metric, records), colour, Series::Style::kSteps});
    curves.series.push_back({name, mean_curve(metric, records), colour});
  }
  if (shares.series.empty()) return {};
  const std::string left_out =
      sweep.plan().recipes.size() > shares.series.size()
          ? fmt::format(" The charts show the first {} of the recipes that have finished runs.",
                        shares.series.size())
          : "";
  Html section =
      figure(html("<div class=\"tall\">{}</div>", page.chart(shares)),
             html("The share of the seeds above each value of: {}. The steeper a line, the less the "
                  "seed matters.{}",
                  recipe::words_for(metric), left_out));
  return section +=
         figure(html("<div class=\"tall\">{}</div>", page.chart(curves)),
                html("The {} accuracy after every epoch, the mean of all seeds, on an axis that is "
                     "logarithmic in the error that is left.",
                     split));
}

Html tables_section(const sweep::Sweep& sweep, const sweep::SweepStatistics& statistics) {
  Html section;
  for (const sweep::SweepTable& one : sweep::sweep_tables(sweep.plan(), statistics)) {
    std::vector<std::vector<Html>> rows;
    for (const auto& row : one.rows) {
      rows.emplace_back();
      for (const std::string& cell : row) rows.back().push_back(text(cell));
    }
    section += html("<h3>{}</h3>\n{}", one.title, table(rows, one.names));
  }
  section += html("<p class=\"lead\">{}</p>\n", sweep::sweep_notes(statistics));
  for (const std::string& remark : sweep::sweep_remarks(statistics))
    section += html("<p class=\"lead\">{}</p>\n", remark);
  return section;
}

// Every run: a row per seed, a column per recipe.
Html runs_section(const sweep::Sweep& sweep, recipe::Metric metric) {
  const sweep::SweepPlan& plan = sweep.plan();
  std::vector<std::vector<Html>> rows{{text("seed")}};
  for (const recipe::Recipe& recipe : plan.recipes) rows.front().push_back(text(recipe.name));
  for (size_t seed = 0; seed < plan.seeds.size(); ++seed) {
    rows.push_back({html("{}", plan.seeds[seed])});
    for (size_t recipe = 0; recipe < plan.recipes.size(); ++recipe) {
      const SweepRun& run = sweep.runs()[recipe * plan.seeds.size() + seed];
      rows.back().push_back(run.record ? html("{:.2f}", ladder::metric_value(metric, *run.record))
                                       : text(run.diverged        ? "diverged"
                                              : run.error.empty() ? ""
                                                                  : "failed"));
    }
  }
  return disclosure(fmt::format("Every run: {}, %", recipe::words_for(metric)), table(rows));
}

}  // namespace

std::string sweep_page(const sweep::Sweep& sweep, const sweep::SweepStatistics& statistics) {
  const std::string title = sweep::sweep_title(sweep.plan());
  Page page(title);
  page.add(html("<header>\n<h1>{}</h1>\n<p class=\"lead\">{}</p>\n</header>\n", title,
                sweep::sweep_extent(sweep)));
  const auto failures = sweep::sweep_failures(sweep);
  page.add(
      with_contents({{"seeds", "Over the seeds", charts_section(sweep, statistics, page)},
                     {"figures", "Figures", tables_section(sweep, statistics)},
                     {"failures", "Runs that did not finish", failures.empty() ? Html{} : list(failures)},
                     {"runs", "Every run", runs_section(sweep, statistics.compared)}},
                    "", 2));
  return page.finish();
}

nlohmann::ordered_json write_sweep_results(const sweep::Sweep& sweep,
                                           const sweep::SweepStatistics& statistics) {
  auto json = sweep::sweep_json(sweep, statistics);
  replace_file(sweep.folder() / sweep::kSweepJson, json.dump(2) + "\n");
  replace_file(sweep.folder() / sweep::kSweepDocument, sweep::sweep_document(sweep, statistics));
  replace_file(sweep.folder() / kReportFile, sweep_page(sweep, statistics));
  return json;
}

}  // namespace rung::report

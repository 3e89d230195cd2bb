#include "sweep/sweep_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "base/enumerators.h"
#include "base/text.h"
#include "ladder/markdown.h"
#include "ladder/p_value.h"
#include "ladder/reference.h"
#include "ladder/run.h"

namespace rung::sweep {
namespace {

using nlohmann::ordered_json;
using Rows = std::vector<std::vector<std::string>>;

// Names are not cut below this on a narrow terminal: first, and once no other column can go.
constexpr int kShortName = 18;
constexpr int kShortestName = 8;

std::string percent(double value) {
  return fmt::format("{:.2f}", value);
}

std::string text_of(const std::optional<ladder::Interval>& interval, std::string_view format) {
  if (!interval) return "–";
  return fmt::format("{} to {}", fmt::format(fmt::runtime(format), interval->low),
                     fmt::format(fmt::runtime(format), interval->high));
}

// An interval of accuracies in percent, clipped to 0 to 100.
std::string accuracies_text(const std::optional<ladder::Interval>& interval) {
  if (!interval) return text_of(interval, "");
  return text_of(ladder::Interval{std::max(interval->low, 0.0), std::min(interval->high, 100.0)}, "{:.2f}");
}

std::string capitalised(std::string_view words) {
  std::string text(words);
  text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
  return text;
}

// "0..19, 30"
std::string text_of(std::vector<uint64_t> seeds) {
  std::ranges::sort(seeds);
  std::string text;
  for (size_t first = 0, next = 0; first < seeds.size(); first = next) {
    while (next < seeds.size() && seeds[next] - seeds[first] == next - first) ++next;
    text += fmt::format("{}{}", text.empty() ? "" : ", ", seeds[first]);
    if (next - first > 1) text += fmt::format("..{}", seeds[next - 1]);
  }
  return text;
}

size_t finished_runs(const Sweep& sweep) {
  return static_cast<size_t>(
      std::ranges::count_if(sweep.runs(), [](const SweepRun& run) { return run.record.has_value(); }));
}

std::vector<std::string> row_of(const std::string& name, const ladder::Summary& summary) {
  return {name,
          std::to_string(summary.count),
          percent(summary.mean),
          summary.sd ? fmt::format("{:.3f}", *summary.sd) : "–",
          accuracies_text(summary.mean95),
          percent(summary.min),
          percent(summary.quartile1),
          percent(summary.median),
          percent(summary.quartile3),
          percent(summary.max)};
}

// Whether a recipe's row tells what the table's title says, and what the other tables do not.
bool has_row(recipe::Metric metric, const recipe::Recipe& recipe, const RecipeStatistics& statistics) {
  if (metric == recipe::Metric::kMeanLast3TestAccuracy) return recipe.training.epochs >= 3;
  if (metric == recipe::Metric::kFinalBalancedTestAccuracy ||
      metric == recipe::Metric::kFinalBalancedValidationAccuracy)
    return statistics.shows_balanced;
  return true;
}

SweepTable metric_table(recipe::Metric metric, const SweepPlan& plan, const SweepStatistics& statistics) {
  SweepTable table{.title = capitalised(recipe::words_for(metric)) + ", %"};
  table.rows = {{"recipe", "runs", "mean", "sd", "95 % interval", "min", "25 %", "median", "75 %", "max"}};
  table.ranks = {0, 2, 0, 1, 3, 4, 6, 5, 6, 4};
  for (const RecipeStatistics& recipe : statistics.recipes) {
    const auto found = std::ranges::find(recipe.metrics, metric, &MetricSummary::metric);
    if (found != recipe.metrics.end() && has_row(metric, plan.recipes[recipe.recipe], recipe))
      table.rows.push_back(row_of(plan.recipes[recipe.recipe].name, found->summary));
  }
  return table;
}

SweepTable target_table(const SweepPlan& plan, const SweepStatistics& statistics) {
  SweepTable table{.title = "Targets",
                   .rows = {{"recipe: target", "met by", "share", "95 % interval"}},
                   .ranks = {0, 0, 1, 2}};
  for (const RecipeStatistics& recipe : statistics.recipes) {
    for (const TargetShare& target : recipe.targets) {
      if (target.judged == 0) continue;
      const ladder::Interval percents{100 * target.interval->low, 100 * target.interval->high};
      table.rows.push_back({fmt::format("{}: {}", plan.recipes[recipe.recipe].name, target.target.text),
                            fmt::format("{} of {}", target.met, target.judged),
                            fmt::format("{:.0f} %", 100.0 * target.met / target.judged),
                            text_of(percents, "{:.0f}") + " %"});
    }
  }
  return table;
}

SweepTable reference_table(const SweepPlan& plan, const SweepStatistics& statistics) {
  SweepTable table{.title = "Reported by others, of one run, %", .names = 2};
  table.rows = {{"recipe", "figure", "reported", "mean here", "95 % of runs here", "runs below it",
                 "the same", "above it"}};
  table.ranks = {0, 0, 0, 1, 2, 3, 3, 3};
  for (const RecipeStatistics& recipe : statistics.recipes) {
    for (const ReferencePlace& place : recipe.references) {
      if (!has_row(place.metric, plan.recipes[recipe.recipe], recipe)) continue;
      table.rows.push_back(
          {plan.recipes[recipe.recipe].name, std::string(recipe::words_for(place.metric)),
           percent(place.reported), percent(place.summary.mean),
           accuracies_text(place.summary.next95) + (place.expected().value_or(true) ? "" : ": unexpected"),
           std::to_string(place.below), std::to_string(place.equal), std::to_string(place.above)});
    }
  }
  return table;
}

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kBetter:
      return "better";
    case Verdict::kWorse:
      return "worse";
    case Verdict::kNotToldApart:
      return "not told apart";
    case Verdict::kNotJudged:
      return "not judged";
    case Verdict::kNotCompared:
      return "not compared";
  }
  return "";
}

// "better", "not judged: 3 seeds diverged", or "not compared: other images".
std::string verdict_text(const Comparison& comparison) {
  const Verdict verdict = comparison.verdict();
  std::string text(name_of(verdict));
  if (verdict == Verdict::kNotCompared) text += ": other images";
  if (verdict == Verdict::kNotJudged)
    text += fmt::format(": {} diverged", counted(comparison.diverged, "seed"));
  return text;
}

// The number of seeds, the difference and its tests; dashes where there is no test.
std::vector<std::string> test_cells(const Comparison& comparison) {
  if (!comparison.test) return {"–", "–", "–", "–", "–"};
  const ladder::Summary& differences = comparison.test->differences;
  return {std::to_string(differences.count), fmt::format("{:+.3f}", differences.mean),
          text_of(differences.mean95, "{:+.3f}"), ladder::p_value_text(comparison.t_adjusted),
          ladder::p_value_text(comparison.wilcoxon_adjusted)};
}

SweepTable comparison_table(recipe::Metric metric, const SweepPlan& plan, const SweepStatistics& statistics) {
  SweepTable table{.title = fmt::format("Compared on the same seeds: {}, points", recipe::words_for(metric)),
                   .names = 2};
  table.rows = {
      {"recipe", "against", "seeds", "difference", "95 % interval", "t-test p", "signed-rank p", "it is"}};
  table.ranks = {0, 0, 4, 0, 3, 1, 2, 0};
  for (const Comparison& one : statistics.comparisons) {
    if (one.metric != metric) continue;
    std::vector<std::string> row{plan.recipes[one.second].name, plan.recipes[one.first].name};
    std::ranges::move(test_cells(one), std::back_inserter(row));
    row.push_back(verdict_text(one));
    table.rows.push_back(std::move(row));
  }
  return table;
}

SweepTable integer_table(const SweepPlan& plan, const SweepStatistics& statistics) {
  SweepTable table{.title = "Test accuracy in integers, %, and its difference from float32, points"};
  table.rows = {{"recipe", "bits a weight", "runs", "mean", "sd", "difference", "95 % interval", "least",
                 "most", "t-test p"}};
  table.ranks = {0, 3, 4, 0, 5, 0, 2, 6, 6, 1};
  for (const IntegerStatistics& one : statistics.integers) {
    const ladder::Summary& differences = one.against.differences;
    table.rows.push_back({plan.recipes[one.recipe].name, std::to_string(one.weight_bits),
                          std::to_string(one.accuracy.count), fmt::format("{:.3f}", one.accuracy.mean),
                          one.accuracy.sd ? fmt::format("{:.3f}", *one.accuracy.sd) : "–",
                          fmt::format("{:+.3f}", differences.mean), text_of(differences.mean95, "{:+.3f}"),
                          fmt::format("{:+.2f}", differences.min), fmt::format("{:+.2f}", differences.max),
                          ladder::p_value_text(one.against.t_p)});
  }
  return table;
}

// As a terminal shows it: two spaces between the columns.
int width_of(const SweepTable& table) {
  int width = 0;
  for (size_t column = 0; column < table.rows.front().size(); ++column) {
    int widest = 0;
    for (const auto& row : table.rows) widest = std::max(widest, columns_of(row[column]));
    width += widest + (column == 0 ? 0 : 2);
  }
  return width;
}

void drop_columns(SweepTable& table, int rank) {
  for (size_t column = table.ranks.size(); column-- > 0;) {
    if (table.ranks[column] != rank) continue;
    const auto at = static_cast<std::ptrdiff_t>(column);
    table.ranks.erase(table.ranks.begin() + at);
    for (auto& row : table.rows) row.erase(row.begin() + at);
  }
}

// "step5-…m=0.9": names that differ do so at their ends.
std::string without_middle(const std::string& name, int most) {
  if (columns_of(name) <= most) return name;
  const std::string front = cut_to(name, most / 2);
  const int room = most - columns_of(front);
  size_t from = name.size();
  while (from > 0 && columns_of(name.substr(from - 1)) <= room) --from;
  while (from < name.size() && (static_cast<unsigned char>(name[from]) & 0xC0) == 0x80) ++from;
  return front + name.substr(from);
}

// Cuts the longest names, none to less than `shortest`, until the table fits.
void cut_names(SweepTable& table, int columns, int shortest) {
  int longest = 0;
  for (const auto& row : table.rows)
    for (size_t column = 0; column < table.names; ++column)
      longest = std::max(longest, columns_of(row[column]));
  const SweepTable whole = table;
  for (int most = longest - 1; most >= shortest && width_of(table) > columns; --most) {
    for (size_t row = 1; row < table.rows.size(); ++row)
      for (size_t column = 0; column < table.names; ++column)
        table.rows[row][column] = without_middle(whole.rows[row][column], most);
  }
}

std::string markdown(const SweepTable& table) {
  Rows rows = table.rows;
  for (size_t row = 1; row < rows.size(); ++row) {
    for (size_t column = 0; column < table.names; ++column)
      rows[row][column] = ladder::escaped(rows[row][column]);
  }
  return fmt::format("\n## {}\n\n{}", table.title, ladder::markdown_table(rows, table.names));
}

std::string failure_section(const Sweep& sweep) {
  std::string lines;
  for (const std::string& failure : sweep_failures(sweep))
    lines += fmt::format("- {}\n", ladder::escaped(failure));
  return lines.empty() ? "" : "\n## Runs that did not finish\n\n" + lines;
}

ordered_json to_json(const std::optional<ladder::Interval>& interval) {
  return interval ? ordered_json{interval->low, interval->high} : ordered_json(nullptr);
}

ordered_json to_json(const ladder::Summary& summary) {
  return {{"runs", summary.count},
          {"mean", summary.mean},
          {"sd", summary.sd ? ordered_json(*summary.sd) : ordered_json(nullptr)},
          {"interval95", to_json(summary.mean95)},
          {"min", summary.min},
          {"quartile1", summary.quartile1},
          {"median", summary.median},
          {"quartile3", summary.quartile3},
          {"max", summary.max}};
}

ordered_json to_json(const TargetShare& target) {
  return {{"text", target.target.text},
          {"metric", recipe::name_of(target.target.metric)},
          {"met", target.met},
          {"judged", target.judged},
          {"interval95", to_json(target.interval)}};
}

ordered_json to_json(const ReferencePlace& place) {
  return {{"metric", recipe::name_of(place.metric)},
          {"reported", place.reported},
          {"below", place.below},
          {"equal", place.equal},
          {"above", place.above},
          {"run95", to_json(place.summary.next95)}};
}

ordered_json to_json(const RecipeStatistics& recipe, const SweepPlan& plan) {
  ordered_json json{{"name", plan.recipes[recipe.recipe].name},
                    {"title", plan.recipes[recipe.recipe].title},
                    {"finished", recipe.finished},
                    {"diverged", recipe.diverged},
                    {"failed", recipe.failed},
                    {"metrics", ordered_json::object()},
                    {"targets", ordered_json::array()},
                    {"reference", ordered_json::array()}};
  for (const MetricSummary& one : recipe.metrics)
    json["metrics"][std::string(recipe::name_of(one.metric))] = to_json(one.summary);
  for (const TargetShare& target : recipe.targets) json["targets"].push_back(to_json(target));
  for (const ReferencePlace& place : recipe.references) json["reference"].push_back(to_json(place));
  return json;
}

ordered_json to_json(const Comparison& one, const SweepPlan& plan) {
  const auto of_test = [&](auto value_of) {
    return one.test ? ordered_json(value_of(*one.test)) : ordered_json(nullptr);
  };
  const auto adjusted = [&](double p) { return one.test ? ordered_json(p) : ordered_json(nullptr); };
  return {{"metric", recipe::name_of(one.metric)},
          {"first", plan.recipes[one.first].name},
          {"second", plan.recipes[one.second].name},
          {"second_minus_first",
           of_test([](const ladder::PairedTest& test) { return to_json(test.differences); })},
          {"t", of_test([](const ladder::PairedTest& test) { return test.t; })},  // null if it is infinite
          {"t_test_p", of_test([](const ladder::PairedTest& test) { return test.t_p; })},
          {"t_test_p_holm", adjusted(one.t_adjusted)},
          {"signed_rank_p", of_test([](const ladder::PairedTest& test) { return test.wilcoxon_p; })},
          {"signed_rank_p_holm", adjusted(one.wilcoxon_adjusted)},
          {"diverged", one.diverged},
          {"second_is", name_of(one.verdict())}};
}

ordered_json to_json(const IntegerStatistics& one, const SweepPlan& plan) {
  return {{"name", plan.recipes[one.recipe].name},
          {"weight_bits", one.weight_bits},
          {"final_test_accuracy", to_json(one.accuracy)},
          {"integers_minus_float", to_json(one.against.differences)},
          {"t_test_p", one.against.t_p},
          {"signed_rank_p", one.against.wilcoxon_p}};
}

ordered_json to_json(const SweepRun& run, const SweepPlan& plan) {
  ordered_json json{
      {"recipe", plan.recipes[run.recipe].name}, {"seed", run.seed}, {"folder", "runs/" + run.name}};
  if (!run.record) {
    json["error"] = run.error;
    json["diverged"] = run.diverged;
    return json;
  }
  for (const recipe::Metric metric : kEnumerators<recipe::Metric>)
    if (ladder::has_metric(metric, *run.record))
      json[std::string(recipe::name_of(metric))] = ladder::metric_value(metric, *run.record);
  json["weights_sha256"] = run.record->weights_sha256;
  return json;
}

}  // namespace

std::string sweep_title(const SweepPlan& plan) {
  return fmt::format("Sweep of {}, {} each", counted(plan.recipes.size(), "recipe"),
                     counted(plan.seeds.size(), "seed"));
}

std::string sweep_extent(const Sweep& sweep) {
  return fmt::format("{} of {} finished. Seeds {}.", finished_runs(sweep),
                     counted(sweep.runs().size(), "run"), text_of(sweep.plan().seeds));
}

std::vector<SweepTable> sweep_tables(const SweepPlan& plan, const SweepStatistics& statistics) {
  std::vector<SweepTable> tables;
  for (const recipe::Metric metric : accuracies(statistics.compared))
    tables.push_back(metric_table(metric, plan, statistics));
  tables.push_back(target_table(plan, statistics));
  tables.push_back(reference_table(plan, statistics));
  tables.push_back(comparison_table(statistics.compared, plan, statistics));
  tables.push_back(integer_table(plan, statistics));
  std::erase_if(tables, [](const SweepTable& table) { return table.rows.size() == 1; });
  return tables;
}

std::vector<std::string> sweep_failures(const Sweep& sweep) {
  std::vector<std::string> failures;
  for (const SweepRun& run : sweep.runs()) {
    if (!run.error.empty())
      failures.push_back(fmt::format("{}{}: {}", run.name, run.diverged ? " diverged" : "", run.error));
  }
  return failures;
}

std::string sweep_notes(const SweepStatistics& statistics) {
  std::string text =
      "The last epoch is the honest figure; \"best\" is the maximum over the epochs, chosen on the test "
      "set.\n"
      "Intervals of means are Student's, of shares Wilson's.";
  if (statistics.comparisons.empty()) return text;
  return text +
         fmt::format(
             "\nRecipes are compared by {}{}.\nThe p-values are two-sided and adjusted for the number of "
             "comparisons (Holm).",
             recipe::words_for(statistics.compared),
             recipe::needs_validation(statistics.compared) ? ": the test images take no part" : "");
}

std::vector<std::string> sweep_remarks(const SweepStatistics& statistics) {
  std::vector<std::string> remarks;
  for (const RecipeStatistics& recipe : statistics.recipes) remarks.push_back(recipe.reference_remark);
  return ladder::said_once(remarks);
}

SweepTable fitted(SweepTable table, int columns) {
  const int highest = *std::ranges::max_element(table.ranks);
  for (int rank = highest; rank > 0 && width_of(table) > columns; --rank) {
    if (rank == 1) cut_names(table, columns, kShortName);
    if (width_of(table) > columns) drop_columns(table, rank);
  }
  cut_names(table, columns, kShortestName);
  return table;
}

std::string sweep_document(const Sweep& sweep, const SweepStatistics& statistics, int columns) {
  std::string text = fmt::format("# {}\n\n{}\n", sweep_title(sweep.plan()), sweep_extent(sweep));
  for (SweepTable& table : sweep_tables(sweep.plan(), statistics))
    text += markdown(fitted(std::move(table), columns));
  text += failure_section(sweep) + "\n" + sweep_notes(statistics) + "\n";
  for (const std::string& remark : sweep_remarks(statistics)) text += "\n" + ladder::escaped(remark) + "\n";
  return text;
}

ordered_json sweep_json(const Sweep& sweep, const SweepStatistics& statistics) {
  const SweepPlan& plan = sweep.plan();
  ordered_json json{{"format", "rung-sweep"},
                    {"version", 1},
                    {"seeds", plan.seeds},
                    {"compared", recipe::name_of(statistics.compared)},
                    {"recipes", ordered_json::array()},
                    {"comparisons", ordered_json::array()},
                    {"runs", ordered_json::array()}};
  for (const RecipeStatistics& recipe : statistics.recipes) json["recipes"].push_back(to_json(recipe, plan));
  for (const Comparison& one : statistics.comparisons) json["comparisons"].push_back(to_json(one, plan));
  if (!statistics.integers.empty()) json["integers"] = ordered_json::array();
  for (const IntegerStatistics& one : statistics.integers) json["integers"].push_back(to_json(one, plan));
  for (const SweepRun& run : sweep.runs()) json["runs"].push_back(to_json(run, plan));
  return json;
}

}  // namespace rung::sweep

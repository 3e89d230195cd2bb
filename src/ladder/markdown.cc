#include "ladder/markdown.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>

#include "base/text.h"
#include "ladder/class_findings.h"
#include "ladder/reference.h"
#include "ladder/results.h"

namespace rung::ladder {
namespace {

bool is_word(char byte) {
  return std::isalnum(static_cast<unsigned char>(byte)) != 0 || (byte & 0x80) != 0;
}

// Whether Markdown would act on the byte at `at`: end a cell or begin markup. An underscore within a word
// does neither.
bool is_markup(std::string_view text, size_t at) {
  if (text[at] != '_') return std::string_view("\\|<`*[").find(text[at]) != std::string_view::npos;
  return at == 0 || at + 1 == text.size() || !is_word(text[at - 1]) || !is_word(text[at + 1]);
}

std::string accuracy(double value) {
  return fmt::format("{:.2f}", value);
}

std::string verdict(const TargetResult& result) {
  if (!result.met) return result.bound ? "– not known" : "– nothing to compare with";
  return *result.met ? "✓ met" : "✗ missed";
}

std::string targets_summary(const Outcome& step) {
  size_t met = 0;
  for (const TargetResult& result : step.targets) met += result.met == std::optional(true) ? 1 : 0;
  return fmt::format("{} of {}", met, step.targets.size());
}

std::string target_lines(const Outcome& step) {
  if (step.targets.empty()) return "The recipe states none.\n";
  std::string text;
  for (const TargetResult& result : step.targets) {
    text += fmt::format("- {}: {} ({})\n", verdict(result), escaped(result.target.text),
                        measured_text(result, step.record));
  }
  return text;
}

std::string results_table(const Outcome& step) {
  const auto [reference, remark] = reference_beside(step.recipe);
  std::vector<std::vector<std::string>> rows{{"accuracy, %", "here"}};
  if (reference) rows.front().push_back(escaped(reference->source));
  for (const ResultRow& result : result_rows(step.record, reference, true)) {
    rows.push_back({result.what, accuracy(result.accuracy)});
    if (reference) rows.back().push_back(result.reference ? accuracy(*result.reference) : "");
  }
  return markdown_table(rows) + (remark.empty() ? "" : "\n" + escaped(remark) + "\n");
}

using Row = std::vector<std::string>;

// The columns of all steps, what matters most first: a narrow terminal has no room for all.
struct LadderColumns {
  int epochs_in_mean = 1;  // a mean over one epoch is not shown
  bool balanced = false;

  explicit LadderColumns(std::span<const Outcome> steps) {
    for (const Outcome& step : steps) {
      epochs_in_mean = std::max(epochs_in_mean, step.record.epochs_in_mean());
      balanced |= shows_balanced(step.record);
    }
  }

  Row head() const {
    Row row{"step", "params", "last test"};
    if (balanced) row.emplace_back("balanced");
    row.emplace_back("best test");
    if (epochs_in_mean > 1) row.push_back(fmt::format("mean of last {}", epochs_in_mean));
    row.insert(row.end(), {"last train", "best train", "reference best test", "seconds", "targets met"});
    return row;
  }

  Row of(const Outcome& step) const {
    const train::RunRecord& record = step.record;
    const auto reference = reference_beside(step.recipe).figures;
    const auto& last = record.epochs.back();
    Row row{record.recipe, with_commas(record.params), accuracy(record.final_test_accuracy())};
    if (balanced) row.push_back(last.balanced_test_accuracy ? accuracy(*last.balanced_test_accuracy) : "");
    row.push_back(accuracy(record.best().test_accuracy));
    if (epochs_in_mean > 1)
      row.push_back(record.epochs_in_mean() == epochs_in_mean ? accuracy(record.mean_last3_test_accuracy())
                                                              : "");
    row.insert(row.end(), {accuracy(last.train_accuracy), accuracy(record.best_train_accuracy()),
                           reference ? accuracy(reference->best_test_accuracy) : "",
                           fmt::format("{:.1f}", record.total_seconds()), targets_summary(step)});
    return row;
  }
};

std::string reference_remarks(std::span<const Outcome> steps) {
  std::vector<std::string> remarks;
  for (const Outcome& step : steps) remarks.push_back(reference_beside(step.recipe).remark);
  std::string text;
  for (const std::string& remark : said_once(remarks)) text += "\n" + escaped(remark) + "\n";
  return text;
}

}  // namespace

std::string escaped(const std::string& text) {
  std::string line = text;
  std::replace_if(
      line.begin(), line.end(), [](char byte) { return byte == '\n' || byte == '\t'; }, ' ');
  line = printable(line);
  std::string result;
  for (size_t at = 0; at < line.size(); ++at) {
    if (is_markup(line, at)) result += '\\';
    result += line[at];
  }
  return result;
}

std::string metric_text(recipe::Metric metric, double value) {
  const std::string_view unit = recipe::unit_of(metric);
  if (unit.empty()) return with_commas(static_cast<int64_t>(value));
  if (unit == "bytes") return with_commas(static_cast<int64_t>(value)) + " bytes";
  if (unit == "points") return fmt::format("{:+.2f} points", value);
  return fmt::format("{:.{}f} {}", value, unit == "s" ? 1 : 2, unit);
}

std::string measured_text(const TargetResult& result, const train::RunRecord& record) {
  const recipe::Metric metric = result.target.metric;
  std::string text = metric_text(metric, result.value);
  if (metric == recipe::Metric::kMeanLast3TestAccuracy && record.epochs_in_mean() < 3)
    text += fmt::format(", mean of {}", counted(static_cast<size_t>(record.epochs_in_mean()), "epoch"));
  if (std::holds_alternative<recipe::Previous>(result.target.bound) && result.bound)
    text += ", before: " + metric_text(metric, *result.bound);
  return text;
}

std::string markdown_table(const std::vector<std::vector<std::string>>& rows, size_t words) {
  std::vector<int> widths(rows.front().size(), 3);
  for (const auto& row : rows) {
    for (size_t column = 0; column < row.size(); ++column)
      widths[column] = std::max(widths[column], columns_of(row[column]));
  }
  std::string text;
  for (size_t r = 0; r < rows.size(); ++r) {
    text += "|";
    for (size_t column = 0; column < widths.size(); ++column) {
      const auto fill = column < words ? padded : padded_left;
      text += " " + fill(rows[r][column], widths[column]) + " |";
    }
    text += "\n";
    if (r != 0) continue;
    text += "|";
    for (size_t column = 0; column < widths.size(); ++column)
      text += fmt::format("{:-<{}}{}|", "", widths[column] + 1, column < words ? "-" : ":");
    text += "\n";
  }
  return text;
}

std::vector<Row> ladder_rows(std::span<const Outcome> steps) {
  const LadderColumns columns(steps);
  std::vector<Row> rows{columns.head()};
  for (const Outcome& step : steps) rows.push_back(columns.of(step));
  return rows;
}

std::string ladder_table(std::span<const Outcome> steps) {
  auto rows = ladder_rows(steps);
  for (auto& row : rows) row.front() = escaped(row.front());
  return markdown_table(rows);
}

std::string step_section(const Outcome& step, const Analysis& analysis) {
  const train::RunRecord& record = step.record;
  std::string text = fmt::format("## {}\n\n", escaped(record.title.empty() ? record.recipe : record.title));
  if (!step.recipe.description.empty()) text += escaped(step.recipe.description) + "\n\n";
  text += "### Targets\n\n" + target_lines(step);
  text += "\n### Results\n\n";
  text += fmt::format(
      "{} parameters; {} {} in {:.1f} s of training and {:.1f} s with evaluation; seed {}; best test "
      "accuracy in epoch {}.\n\n",
      with_commas(record.params), record.epochs.size(), record.epochs.size() == 1 ? "epoch" : "epochs",
      record.train_seconds(), record.total_seconds(), record.seed, record.best().epoch);
  text += results_table(step);
  text += "\n### Analysis\n\n";
  for (const std::string& sentence : analysis.sentences) text += fmt::format("- {}\n", escaped(sentence));
  return text;
}

std::string ladder_document(std::span<const Outcome> steps, std::span<const Analysis> analyses) {
  const train::Machine& machine = steps.front().record.machine;
  std::string text =
      fmt::format("# Ladder of {}\n\n{}, {}, {}.\n\n", counted(steps.size(), "step"), machine.cpu,
                  counted(static_cast<size_t>(machine.threads), "thread"), machine.simd);
  text += ladder_table(steps) + reference_remarks(steps);
  text +=
      "\nAccuracies are percent. \"Best\" is the maximum over the epochs, chosen on the test set: it serves "
      "to compare\n"
      "with others' reports; the last epoch is the honest figure. Training accuracy is the running one, "
      "counted in\n"
      "training mode while the weights change.\n";
  for (size_t step = 0; step < steps.size(); ++step) text += "\n" + step_section(steps[step], analyses[step]);
  return text;
}

}  // namespace rung::ladder

#include "ladder_view.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/text.h"
#include "ladder/goal.h"
#include "ladder/markdown.h"
#include "ladder/reference.h"
#include "table.h"
#include "terminal.h"

namespace rung::app {
namespace {

// A heading above the first item, then the items, wrapped and indented.
class List {
 public:
  explicit List(std::string heading) : heading_(std::move(heading)) {}

  void add(const std::string& item, Colour colour = Colour::kPlain) {
    if (!heading_.empty()) say_line(Line());
    if (!heading_.empty()) say_line(Line(heading_, Colour::kBold));
    heading_.clear();
    for (const std::string& line : wrapped("  " + item, talk_columns(), kIndent))
      say_line(Line(line, colour));
  }

 private:
  static constexpr int kIndent = 4;
  std::string heading_;
};

void say_table(const std::vector<ladder::Outcome>& steps) {
  const auto rows = ladder::ladder_rows(steps);
  std::vector<Column> columns;
  for (const std::string& head : rows.front()) columns.push_back({.head = head});
  // The first three columns and the last always stay; the others are dropped from the end.
  for (size_t column = 3; column + 1 < columns.size(); ++column)
    columns[column].rank = static_cast<int>(column);
  columns.front().left = true;
  Table table(columns);
  for (size_t row = 1; row < rows.size(); ++row) table.add(rows[row]);
  for (const Line& line : table.lines(talk_columns())) say_line(line);
}

void say_missed(const std::vector<ladder::Outcome>& steps) {
  List list("Missed targets");
  for (const ladder::Outcome& step : steps)
    for (const ladder::TargetResult& target : step.targets)
      if (target.met == std::optional(false))
        list.add(fmt::format("{}: {}", step.recipe.name, ladder::missed_sentence(target)));
}

void say_changes(const std::vector<ladder::Outcome>& steps, const std::vector<ladder::Analysis>& analyses) {
  List list("What each step changed");
  for (size_t step = 1; step < steps.size(); ++step) {
    const ladder::Analysis& analysis = analyses[step];
    list.add(fmt::format(
        "{}: {} ({})", steps[step].recipe.name,
        analysis.changes.empty() ? "nothing" : fmt::format("{}", fmt::join(analysis.changes, "; ")),
        ladder::verdict_of(*analysis.against_previous)));
  }
}

void say_wrapped(const std::string& text, Colour colour = Colour::kPlain, int indent = 0) {
  for (const std::string& line : wrapped(text, talk_columns(), indent)) say_line(Line(line, colour));
}

std::string target_line(const ladder::TargetResult& target, const train::RunRecord& record) {
  const std::string value = ladder::measured_text(target, record);
  if (!target.met)
    return fmt::format("– not judged: {} ({}; no step before this one)", target.target.text, value);
  return *target.met ? fmt::format("✓ met: {} ({})", target.target.text, value)
                     : fmt::format("✗ missed: {}", ladder::missed_sentence(target));
}

Colour colour_of(const ladder::TargetResult& target) {
  if (!target.met) return Colour::kPlain;
  return *target.met ? Colour::kGreen : Colour::kRed;
}

}  // namespace

void say_ladder(const std::vector<ladder::Outcome>& steps, const std::vector<ladder::Analysis>& analyses) {
  say_line(Line());
  say_table(steps);
  std::vector<std::string> remarks;
  for (const ladder::Outcome& step : steps) remarks.push_back(ladder::reference_beside(step.recipe).remark);
  for (const std::string& remark : ladder::said_once(remarks)) say_wrapped(remark);
  say_missed(steps);
  say_changes(steps, analyses);
}

void say_goal(const ladder::Outcome& last) {
  const std::string goal = ladder::goal_sentence(last);
  if (goal.empty()) return;
  say_line(Line());
  say_wrapped(goal, last.targets_met() ? Colour::kGreen : Colour::kRed);
}

void say_run(const ladder::Outcome& outcome, const ladder::Analysis& analysis) {
  const train::RunRecord& record = outcome.record;
  say_line(Line());
  say_wrapped(
      fmt::format("{}, seed {}: {:.2f} % test accuracy after the last epoch, {:.2f} % in the best (epoch "
                  "{}); {} parameters; "
                  "{:.1f} s of training",
                  record.recipe, record.seed, record.final_test_accuracy(), record.best().test_accuracy,
                  record.best().epoch, with_commas(record.params), record.train_seconds()));
  if (record.validation_images > 0)
    say_wrapped(
        fmt::format("Validation: {:.2f} % after the last epoch, {:.2f} % in the best (epoch {}), where the "
                    "test accuracy is "
                    "{:.2f} %",
                    record.epochs.back().choosing_accuracy(), record.chosen().choosing_accuracy(),
                    record.chosen().epoch, record.chosen().test_accuracy));
  for (const ladder::TargetResult& target : outcome.targets)
    say_wrapped("  " + target_line(target, record), colour_of(target), 4);
  for (const std::string& sentence : analysis.sentences) say_wrapped("- " + sentence, Colour::kPlain, 2);
}

void say_suggestions(const std::vector<Suggestion>& suggestions) {
  constexpr int kMarks = 6;  // spaces and the comment's sign
  size_t widest = 0;
  for (const Suggestion& one : suggestions) widest = std::max(widest, one.command.size());
  const bool is_wide = std::ranges::any_of(suggestions, [&](const Suggestion& one) {
    return static_cast<int>(widest + one.why.size()) + kMarks > talk_columns();
  });
  say("\nWhat to try next:\n");
  for (const Suggestion& one : suggestions) {
    if (is_wide) {
      say("  # {}\n  {}\n", one.why, one.command);
    } else {
      say("  {:{}}  # {}\n", one.command, widest, one.why);
    }
  }
}

}  // namespace rung::app

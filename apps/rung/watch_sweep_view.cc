#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "bar.h"
#include "base/text.h"
#include "ladder/run.h"
#include "ladder/run_statistics.h"
#include "sweep/sweep_report.h"
#include "table.h"
#include "watch_view.h"

namespace rung::app {
namespace {

using sweep::SweepRun;
using sweep::SweepStatus;
using sweep::SweepWatcher;
using train::RunState;

using Lines = std::vector<Line>;

constexpr int kLinesBetween = 3;  // two gaps, and the note at the end
constexpr int kBarColumns = 20;   // of a current run

void append(Lines& lines, Lines more) {
  std::ranges::move(more, std::back_inserter(lines));
}

// "Runs:  43%|████      | 17/40 [<00:15, 2 at once]".
std::string sweep_bar(const SweepWatcher& sweep, const SweepStatus& status, int columns) {
  const size_t runs = sweep.runs().size();
  const double done = status.done / static_cast<double>(runs);
  const std::string count = fmt::format(" {}/{}", status.over, runs);
  const std::string left = status.seconds_left ? clock_text(*status.seconds_left) : "?";
  const std::string diverged = status.diverged == 0 ? "" : fmt::format(", {} diverged", status.diverged);
  return bar_line(
      fmt::format("Runs: {:3.0f}%", 100 * done), done,
      std::array{fmt::format("{} [<{}, {} at once{}]", count, left, status.under_way.size(), diverged),
                 fmt::format("{} [<{}]", count, left), count},
      columns);
}

// What the recipes are compared by, of the recipe's finished runs.
std::vector<double> accuracies_of(std::span<const SweepRun> runs, recipe::Metric compared) {
  std::vector<double> accuracies;
  for (const SweepRun& run : runs)
    if (run.record) accuracies.push_back(ladder::metric_value(compared, *run.record));
  return accuracies;
}

// A line for each recipe, over its finished runs.
Lines recipe_lines(const SweepWatcher& sweep, int columns) {
  const recipe::Metric compared = sweep::compared_metric(sweep.plan());
  Table table({{.head = "recipe", .left = true},
               {.head = "runs", .rank = 1},
               {.head = recipe::needs_validation(compared) ? "last epoch, validation" : "last epoch"},
               {.head = "sd", .rank = 2},
               {.head = "min", .rank = 3},
               {.head = "max", .rank = 3}});
  const size_t seeds = sweep.plan().seeds.size();
  const std::span<const SweepRun> runs = sweep.runs();
  for (size_t recipe = 0; recipe < sweep.plan().recipes.size(); ++recipe) {
    const auto accuracies = accuracies_of(runs.subspan(recipe * seeds, seeds), compared);
    std::vector<std::string> cells = {printable(sweep.plan().recipes[recipe].name),
                                      fmt::format("{}/{}", accuracies.size(), seeds)};
    if (accuracies.empty()) {
      cells.insert(cells.end(), {"", "", "", ""});
    } else {
      const ladder::Summary summary = ladder::summarise(accuracies);
      cells.insert(cells.end(), {fmt::format("{:.2f}%", summary.mean),
                                 summary.sd ? fmt::format("{:.2f}", *summary.sd) : "",
                                 fmt::format("{:.2f}%", summary.min), fmt::format("{:.2f}%", summary.max)});
    }
    table.add(std::move(cells));
  }
  return table.lines(columns);
}

// To at most `most` lines, but at least three: the head, a recipe, and how many are left out.
void shorten(Lines& recipes, int most) {
  const auto room = static_cast<size_t>(std::max(most, 3));
  if (recipes.size() <= room) return;
  const size_t left_out = recipes.size() - room + 1;
  recipes.resize(room - 1);
  recipes.emplace_back(fmt::format("and {} more", left_out), Colour::kDim);
}

// Empty if there is none.
Lines under_way_lines(const SweepWatcher& sweep, const SweepStatus& status, int columns) {
  if (status.under_way.empty()) return {};
  const bool validates = recipe::needs_validation(sweep::compared_metric(sweep.plan()));
  Table table({{.head = "under way", .left = true},
               {.head = "epoch"},
               {.head = validates ? "valid acc." : "test acc.", .rank = 1},
               {.head = "this epoch", .left = true, .rank = 2, .width = kBarColumns}});
  for (const SweepStatus::UnderWay& one : status.under_way) {
    const SweepRun& run = sweep.runs()[one.run];
    const auto& epochs = one.status.epochs;
    const auto last = [&] {
      return validates ? epochs.back().choosing_accuracy() : epochs.back().test_accuracy;
    };
    table.add({printable(run.name),
               fmt::format("{}/{}", epochs.size(), sweep.plan().recipes[run.recipe].training.epochs),
               epochs.empty() ? "" : fmt::format("{:.2f}%", last()),
               bar_line("", one.status.share_of_epoch(), std::array{std::string()}, kBarColumns)});
  }
  return table.lines(columns);
}

}  // namespace

Lines watch_view(const SweepWatcher& sweep, const SweepStatus& status, TerminalSize room) {
  const int columns = room.columns - 1;  // a full last column may wrap
  Lines lines{Line(sweep.folder().string(), Colour::kDim),
              Line(sweep::sweep_title(sweep.plan()), Colour::kBold)};
  if (status.state != RunState::kFinished) lines.emplace_back(sweep_bar(sweep, status, columns));
  lines.emplace_back();
  Lines recipes = recipe_lines(sweep, columns);
  Lines under_way = under_way_lines(sweep, status, columns);
  if (status.state == RunState::kRunning)
    shorten(recipes, room.rows - static_cast<int>(lines.size() + under_way.size()) - kLinesBetween);
  append(lines, std::move(recipes));
  if (!under_way.empty()) lines.emplace_back();
  append(lines, std::move(under_way));
  return lines;
}

Line watch_note(const SweepStatus& status) {
  if (status.under_way.empty() && status.over == 0) return {"No run is under way yet", Colour::kDim};
  return {"Ctrl-C ends the watching, not the sweep", Colour::kDim};
}

std::string ending_line(const SweepWatcher& sweep, const SweepStatus& status) {
  const std::string diverged =
      status.diverged == 0 ? "" : fmt::format(", {} of them diverged", status.diverged);
  return fmt::format("{} is finished: {}{}", sweep.folder().string(), counted(sweep.runs().size(), "run"),
                     diverged);
}

}  // namespace rung::app

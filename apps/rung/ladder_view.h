// The end of a ladder as a terminal or a log shows it: the table, what was missed, what each step changed,
// whether the goal is met. The whole report is ladder.md.
#pragma once

#include <string>
#include <vector>

#include "ladder/analysis.h"
#include "ladder/run.h"

namespace rung::app {

void say_ladder(const std::vector<ladder::Outcome>& steps, const std::vector<ladder::Analysis>& analyses);

// Whether the last step reaches the ladder's goal; nothing if that cannot be judged.
void say_goal(const ladder::Outcome& last);

// The end of a run: its figures, its targets, and the analysis without what compares it with another run.
void say_run(const ladder::Outcome& outcome, const ladder::Analysis& analysis);

// A command to try, and why.
struct Suggestion {
  std::string command;
  std::string why;
};

// Commands that work as they stand, one per line.
void say_suggestions(const std::vector<Suggestion>& suggestions);

}  // namespace rung::app

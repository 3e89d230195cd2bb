// How a ladder ended, in short: what it missed and by how much, and whether its goal is met. The goal is the
// last step's targets.
#pragma once

#include <string>

#include "ladder/mcnemar.h"
#include "ladder/run.h"

namespace rung::ladder {

// "The goal is met by step6: ..." or "The goal is not met by step6: ..."; empty if no target can be judged.
std::string goal_sentence(const Outcome& last);

// "significantly better", "significantly worse" or "no significant difference", of the test's second run.
std::string verdict_of(const McNemar& test);

}  // namespace rung::ladder

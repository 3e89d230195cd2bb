// What is claimed of candidates, and which of them in which order.
//
// Claims form two sequences. One goes from a candidate that should have the target to cheaper ones until one
// fails; then a second begins with one that costs more, and its failure ends them. A claim holds if the lower
// end of a 95 % interval is at least the target, so that a wrong one does with a chance of 2.5 %. In a
// sequence the chance that any is wrong stays that of one, because only the first wrong one counts: it is the
// last, unless it holds (Maurer, Hothorn, Lehmacher 1995). So it is at most 5 % of both, over seeds: the test
// images are one sample. What these said of earlier claims may choose the next, because its own runs have
// fresh seeds; choosing the best of several tested ones would not keep that chance.
#pragma once

#include <functional>
#include <optional>
#include <span>

#include "ladder/run_statistics.h"
#include "search/candidate.h"

namespace rung::search {

// What fresh seeds say of a candidate.
struct Claim {
  size_t candidate = 0;
  ladder::Summary accuracy;  // percent, of the test images; of the runs that did not diverge
  int seeds = 0;             // runs
  int reached = 0;           // runs that have the target
  ladder::Interval share;    // of such runs, 95 %: Clopper and Pearson
  double train_seconds = 0;  // mean of a run
  bool holds = false;        // the lower end of the mean's 95 % interval is at least the target
};

// The failure that ends the claims.
inline constexpr size_t kMostFailures = 2;

// The accuracy of the held-out images, in percent, that is expected of a candidate.
using Expected = std::function<double(const Candidate&)>;

// Of the front, at least 5 % cheaper than the cheapest claim that holds and dearer than those that failed:
// - at first the cheapest that is expected to have the target and `margin` points more, because the test
//   images are another sample;
// - then the cheapest that, by how the test images differed from the held-out ones so far, should have the
//   target with one and a half half-widths of the newest claim's interval to spare;
// - where none should, the one that costs most, unless there are a claim that holds and one that failed.
// None where there is no such candidate, or two claims failed.
std::optional<size_t> next_to_claim(std::span<const Candidate> candidates, std::span<const Claim> claims,
                                    const Expected& expected, double target, double margin);

}  // namespace rung::search

// What is claimed of candidates, and which of them in which order.
//
// Claims form two sequences. One goes from a candidate that should have the target to cheaper ones until one
// fails; then a second begins with one that costs more, and its failure ends them. A claim holds if the lower
// end of a 95 % interval is at least the target, so that a wrong one does with a chance of 2.5 %. In a
// sequence the chance that any is wrong stays that of one, because only the first wrong one counts: it is the
// last, unless it holds (Maurer, Hothorn, Lehmacher 1995). So it is at most 5 % of both, over seeds: the test
// images are one sample. What these said of earlier claims may choose the next, because its own runs have
// seeds that no run before had; choosing the best of several tested ones would not keep that chance.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

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
  double train_seconds = 0;  // mean of these runs
  bool holds = false;        // the lower end of the mean's 95 % interval is at least the target
};

// After how many runs, and how many more, a claim of so many seeds is looked at: two fifths and the rest, or
// all at once where these would be less than four.
std::vector<size_t> parts_of_claim(size_t seeds);

// How many runs one after another such parts take so many workers.
size_t rounds_of(std::span<const size_t> parts, size_t workers);

// Of that many runs with fresh seeds, whose accuracies are those in percent; the others diverged. An accuracy
// is known to `step` points, which one test image counts, so that equal ones do not make an interval without
// width. Says nothing of the candidate and its time.
Claim judged(std::span<const double> accuracies, int seeds, double target, double step);

// Whether a claim of which these are the first runs should be given up: one diverged, or their mean is not
// above the target by a quarter of its interval's half-width. Of four runs of ten, that is about half of what
// the interval of all ten would need: the others would have to be better than these by what happens once in
// five times. Ending only with failures, that makes no claim wrong.
bool is_hopeless(const Claim& first_runs, double target);

// The failure that ends the claims.
inline constexpr size_t kMostFailures = 2;

// The accuracy of the held-out images, in percent, that is expected of a candidate.
using Expected = std::function<double(const Candidate&)>;

// Of the front, at least 5 % cheaper than the cheapest claim that holds and dearer than those that failed:
// - at first the cheapest that is expected to have the target: it often does, and if it does not, few runs
//   say so and by how much the test images differ;
// - then the cheapest that, by how the test images differed from the held-out ones so far, should have the
//   target with half of the width of an interval of `seeds` runs to spare, and half as much again if it is
//   the last chance to claim anything;
// - where none should, the one that costs most, unless there are a claim that holds and one that failed.
// None where there is no such candidate, or two claims failed.
std::optional<size_t> next_to_claim(std::span<const Candidate> candidates, std::span<const Claim> claims,
                                    const Expected& expected, double target, size_t seeds);

}  // namespace rung::search

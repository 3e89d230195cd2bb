// What is claimed of candidates, and which of them in which order.
//
// Claims go from a candidate that very likely has the target to cheaper ones, and the first that fails ends
// them. So the chance that any is wrong stays that of one (testing in a sequence: Maurer, Hothorn, Lehmacher
// 1995): the first wrong one is held with that chance, whichever came before it. What the test images said of
// those before may choose the next, because its own runs have fresh seeds. Choosing the best of several
// tested ones would not keep it. The chance is 2.5 %, over seeds: the test images are one sample.
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
  ladder::Summary accuracy;  // percent, of the test images
  int reached = 0;           // runs that have the target
  ladder::Interval share;    // of such runs, 95 %: Clopper and Pearson
  double train_seconds = 0;  // mean of a run
  bool holds = false;        // the lower end of the mean's 95 % interval is at least the target
};

// The accuracy of the held-out images, in percent, that is expected of a candidate.
using Expected = std::function<double(const Candidate&)>;

// The cheapest of the front that is expected to have this accuracy; if none is, the one with the least loss.
std::optional<size_t> first_to_claim(std::span<const Candidate> candidates, const Expected& expected,
                                     double accuracy);

// The cheapest of the front that, by how the test images differed from the held-out ones so far, should have
// the target with two half-widths of the last claim's interval to spare; if none should, the next cheaper
// one. At most 95 % of the last one's cost. Precondition: there are claims, and the last one holds.
std::optional<size_t> next_to_claim(std::span<const Candidate> candidates, std::span<const Claim> claims,
                                    const Expected& expected, double target);

}  // namespace rung::search

// How a dataset's digits lie: a dataset whose pixels were read in another order than they were written shows
// them transposed, mirrored or turned, and nobody notices as long as training and test agree. A classifier of
// upright digits, which Rung trained (digits.toml), is asked which of the square's symmetries makes it agree
// with the labels. Left out: letters, and single images that lie otherwise than the rest.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/thread_pool.h"
#include "data/dataset.h"

namespace rung::inspect {

// What was done to upright images.
enum class Symmetry {
  kNone,
  kMirrored,    // left and right exchanged
  kFlipped,     // top and bottom exchanged
  kHalfTurn,    // both
  kTransposed,  // rows and columns exchanged, as in the next three
  kClockwise,   // then mirrored: a quarter turn
  kAnticlockwise,
  kAntitransposed,
};
inline constexpr int kSymmetries = 8;

// "upright", "transposed", "rotated_90_clockwise", ...
std::string_view name_of(Symmetry symmetry);

// "transposed (rows and columns are exchanged)"
std::string_view words_for(Symmetry symmetry);

struct Digits {
  Symmetry symmetry = Symmetry::kNone;
  int images = 0;        // that were judged
  double agreement = 0;  // share of them whose label is the classifier's digit once the symmetry is undone
  double unchanged = 0;  // and without undoing it
};

// Fewer images say too little.
inline constexpr int kFewestDigits = 100;
inline constexpr int kMostDigits = 1000;  // are looked at

// Shares of agreement from which images count as digits. Where ten classes stand for the digits in some other
// order, that order is chosen to fit best, so more is demanded.
inline constexpr double kLeastAgreement = 0.75;
inline constexpr double kLeastInAnyOrder = 0.93;
inline constexpr double kLeastLead = 0.1;  // over every other symmetry

// How the split's digits lie; none if the classifier cannot tell, because the classes are no digits or the
// images too few. Classes are digits if they are named so or, without names, are numbered so; ten classes of
// other names are tried in the order that fits best. Any size of image, light on dark or dark on light.
std::optional<Digits> digits_in(const data::Split& split, std::span<const std::string> class_names,
                                ThreadPool& pool);

// What is to be said of a dataset whose digits do not lie upright, or lie in the training images otherwise
// than in the test images; empty if nothing is.
std::string remark_on(const std::optional<Digits>& train, const std::optional<Digits>& test);

}  // namespace rung::inspect

// McNemar's test: do two classifiers differ on the same test images by more than chance?
#pragma once

#include <cstdint>
#include <span>

namespace rung::ladder {

struct McNemar {
  int only_first = 0;   // images that only the first classifier gets right
  int only_second = 0;  // images that only the second gets right
  double p_value = 1;   // exact, two-sided: a split this uneven or more, if both were equally good
};

// Preconditions: the three spans have the same length.
// Source: McNemar, "Note on the sampling error of the difference between correlated proportions",
// Psychometrika 1947; the exact form is the sign test over the images on which the two differ.
McNemar mcnemar(std::span<const uint8_t> first, std::span<const uint8_t> second,
                std::span<const uint8_t> labels);

// The exact two-sided p-value for these counts.
double mcnemar_p_value(int only_first, int only_second);

}  // namespace rung::ladder

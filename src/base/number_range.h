// What a number may be.
#pragma once

#include <limits>
#include <string>

namespace rung {

struct NumberRange {
  enum class End { kClosed, kOpen };
  double low = -std::numeric_limits<double>::max();
  double high = std::numeric_limits<double>::max();
  End low_end = End::kClosed;
  End high_end = End::kClosed;

  static constexpr NumberRange closed(double low, double high) { return {low, high}; }
  static constexpr NumberRange at_least(double low) { return {.low = low}; }
  static constexpr NumberRange right_open(double low, double high) {
    return {low, high, End::kClosed, End::kOpen};
  }
  static constexpr NumberRange left_open(double low, double high) { return {low, high, End::kOpen}; }
  static constexpr NumberRange open(double low, double high) { return {low, high, End::kOpen, End::kOpen}; }

  constexpr bool has_low() const { return low != -std::numeric_limits<double>::max(); }
  constexpr bool has_high() const { return high != std::numeric_limits<double>::max(); }
  bool contains(double value) const;  // never for NaN and infinity
  std::string describe() const;       // "a number above 0 and at most 1000"
};

}  // namespace rung

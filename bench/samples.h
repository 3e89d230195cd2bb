// Statistics of repeated measurements.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace rung::bench {

struct Spread {
  double median = 0;
  double min = 0;
  double max = 0;
};

// Precondition: `values` is not empty. The median of an even number of values is the mean of the middle two.
Spread spread_of(std::vector<double> values);

// a[i] / b[i], up to the shorter length: pairs that were measured one after the other.
std::vector<double> ratios(const std::vector<double>& a, const std::vector<double>& b);

nlohmann::ordered_json to_json(const Spread& spread);

// "41234 (40900-41500)", with `decimals` digits after the point.
std::string to_text(const Spread& spread, int decimals);

}  // namespace rung::bench

#include "bench/samples.h"

#include <fmt/format.h>

#include <algorithm>

namespace rung::bench {

Spread spread_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  const double median = values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
  return {median, values.front(), values.back()};
}

std::vector<double> ratios(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> result;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) result.push_back(a[i] / b[i]);
  return result;
}

nlohmann::ordered_json to_json(const Spread& spread) {
  return {{"median", spread.median}, {"min", spread.min}, {"max", spread.max}};
}

std::string to_text(const Spread& spread, int decimals) {
  return fmt::format("{0:.{3}f} ({1:.{3}f}-{2:.{3}f})", spread.median, spread.min, spread.max, decimals);
}

}  // namespace rung::bench

// The values of an enumeration, and their names, as arrays that are never short of one: both are made from
// name_of(value), a constexpr switch with a case for each value and "" behind them. A value without a case
// does not compile (-Werror=switch). The values must be 0, 1, 2 and so on.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace rung {

template <typename Enumeration>
inline constexpr auto kEnumerators = [] {
  constexpr size_t kCount = [] {
    size_t count = 0;
    while (!name_of(static_cast<Enumeration>(count)).empty()) ++count;
    return count;
  }();
  static_assert(kCount > 0);
  std::array<Enumeration, kCount> all{};
  for (size_t i = 0; i < kCount; ++i) all[i] = static_cast<Enumeration>(i);
  return all;
}();

template <typename Enumeration>
inline constexpr auto kNames = [] {
  std::array<std::string_view, kEnumerators<Enumeration>.size()> names;
  for (size_t i = 0; i < names.size(); ++i) names[i] = name_of(kEnumerators<Enumeration>[i]);
  return names;
}();

}  // namespace rung

// Emscripten 3.1.6 (Debian 12) has libc++ 13, which lacks std::bit_cast, std::from_chars for double, and
// the algorithms of std::ranges (C++20). These are those that the engine uses; included before every file of
// the build.
#pragma once

#include <version>
#if defined(_LIBCPP_VERSION) && _LIBCPP_VERSION < 15000

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <system_error>
#include <utility>

namespace std {

template <typename To, typename From>
constexpr To bit_cast(const From& from) {
  return __builtin_bit_cast(To, from);
}

// (The text ends with a byte that is no part of a number, and the locale is always C.)
inline from_chars_result from_chars(const char* first, const char* /*last*/, double& value) {
  char* end = nullptr;
  value = std::strtod(first, &end);
  return {end, end == first ? errc::invalid_argument : errc()};
}

}  // namespace std

namespace std::ranges {

inline constexpr auto find_if = [](auto&& range, auto passes) {
  return std::find_if(std::begin(range), std::end(range), passes);
};
struct Find {
  template <typename Range, typename Value, typename Projection = std::identity>
  constexpr auto operator()(Range&& range, const Value& value, Projection projection = {}) const {
    return std::find_if(std::begin(range), std::end(range),
                        [&](auto&& element) { return std::invoke(projection, element) == value; });
  }
};
inline constexpr Find find;
inline constexpr auto all_of = [](auto&& range, auto passes) {
  return std::all_of(std::begin(range), std::end(range), passes);
};
inline constexpr auto any_of = [](auto&& range, auto passes) {
  return std::any_of(std::begin(range), std::end(range), passes);
};
inline constexpr auto count = [](auto&& range, const auto& value) {
  return std::count(std::begin(range), std::end(range), value);
};
inline constexpr auto count_if = [](auto&& range, auto passes) {
  return std::count_if(std::begin(range), std::end(range), passes);
};
inline constexpr auto copy = [](auto&& range, auto to) {
  return std::copy(std::begin(range), std::end(range), to);
};
inline constexpr auto fill = [](auto&& range, const auto& value) {
  std::fill(std::begin(range), std::end(range), value);
};
inline constexpr auto transform = [](auto&& range, auto to, auto change) {
  return std::transform(std::begin(range), std::end(range), to, change);
};
inline constexpr auto max_element = [](auto&& range) {
  return std::max_element(std::begin(range), std::end(range));
};
inline constexpr auto max = [](auto&& range) {
  return *std::max_element(std::begin(range), std::end(range));
};
inline constexpr auto sort = [](auto&& range) { std::sort(std::begin(range), std::end(range)); };
inline constexpr auto stable_sort = [](auto&& range, auto less) {
  std::stable_sort(std::begin(range), std::end(range), less);
};
inline constexpr auto set_difference = [](auto&& all, auto&& without, auto to) {
  return std::set_difference(std::begin(all), std::end(all), std::begin(without), std::end(without), to);
};
struct Equal {
  template <typename One, typename Other, typename Same = std::equal_to<>, typename OfOne = std::identity,
            typename OfOther = std::identity>
  constexpr bool operator()(One&& one, Other&& other, Same same = {}, OfOne of_one = {},
                            OfOther of_other = {}) const {
    return std::equal(std::begin(one), std::end(one), std::begin(other), std::end(other),
                      [&](const auto& a, const auto& b) {
                        return std::invoke(same, std::invoke(of_one, a), std::invoke(of_other, b));
                      });
  }
};
inline constexpr Equal equal;

}  // namespace std::ranges
#endif

#include "import/natural_order.h"

#include <algorithm>

namespace rung::imports {
namespace {

bool is_digit(char letter) {
  return letter >= '0' && letter <= '9';
}

// Takes the number that `text` begins with, without leading zeros.
std::string_view take_number(std::string_view& text) {
  const auto end = std::ranges::find_if_not(text, is_digit);
  std::string_view number = text.substr(0, static_cast<size_t>(end - text.begin()));
  text.remove_prefix(number.size());
  number.remove_prefix(std::min(number.find_first_not_of('0'), number.size()));
  return number;
}

// Below, equal to or above 0, as of two numbers.
int compare_numbers(std::string_view first, std::string_view second) {
  if (first.size() != second.size()) return first.size() < second.size() ? -1 : 1;
  return first.compare(second);
}

}  // namespace

bool natural_less(std::string_view first, std::string_view second) {
  std::string_view a = first;
  std::string_view b = second;
  while (!a.empty() && !b.empty()) {
    if (is_digit(a.front()) && is_digit(b.front())) {
      const int order = compare_numbers(take_number(a), take_number(b));
      if (order != 0) return order < 0;
    } else {
      if (a.front() != b.front())
        return static_cast<unsigned char>(a.front()) < static_cast<unsigned char>(b.front());
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  if (a.empty() != b.empty()) return a.empty();
  return first < second;
}

}  // namespace rung::imports

// One row of every alternative of a variant: tests that speak of every kind walk over such a list. It follows
// the variant, or it does not compile.
#pragma once

#include <concepts>
#include <variant>
#include <vector>

namespace rung::testing {

template <typename Variant, typename... Rows>
std::vector<Variant> every_row(const Rows&... rows) {
  static_assert(std::same_as<std::variant<Rows...>, Variant>,
                "the list must have the alternatives of the variant in their order");
  return {rows...};
}

}  // namespace rung::testing

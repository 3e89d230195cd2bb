// Finds the specification that a recipe names among those of a variant.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>
#include <variant>

#include "base/fields.h"
#include "recipe/toml_reader.h"

namespace rung::recipe {

// The names of a variant's specifications, in order.
template <typename Variant>
constexpr auto names_of() {
  std::array<std::string_view, std::variant_size_v<Variant>> names;
  size_t count = 0;
  for_each_kind<Variant>([&]<typename Spec>() { names[count++] = Spec::kName; });
  return names;
}

// Calls visit.operator()<Spec>() for the specification that the table's `type` names; throws if it names
// none.
template <typename Variant, typename Visit>
auto visit_type(const TableReader& table, Visit visit) {
  static constexpr auto kNames = names_of<Variant>();
  using First = std::variant_alternative_t<0, Variant>;
  using Result = decltype(visit.template operator()<First>());
  using Call = Result (*)(Visit&);
  constexpr auto kCalls = []<size_t... kIndex>(std::index_sequence<kIndex...>) {
    return std::array<Call, sizeof...(kIndex)>{[](Visit& to) -> Result {
      return to.template operator()<std::variant_alternative_t<kIndex, Variant>>();
    }...};
  }
  (std::make_index_sequence<std::variant_size_v<Variant>>());
  return kCalls[table.choose("type", kNames)](visit);
}

}  // namespace rung::recipe

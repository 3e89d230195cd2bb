// The fields of a specification (a layer, a transform, an optimiser, a schedule), said once. Recipes are read
// and written by these lists, values are checked, changes are described, and the tables of docs/recipes.md
// are made.
//
// A specification is a plain struct of values with PyTorch's names and defaults, and three static members:
// kName, its name in a recipe, kTorchName, PyTorch's name, and fields(), a tuple of Field. A field may be an
// enumeration, of which recipes have the names (enumerators.h).
#pragma once

#include <cstddef>
#include <ranges>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/number_range.h"

namespace rung {

template <typename Spec, typename T>
struct Field {
  std::string_view name;
  T Spec::*member;
  std::string_view meaning = "";  // a line of Markdown
  std::string_view unit = "";
  NumberRange range = {};             // of a number, or of each of several
  bool is_required = false;           // it has no default
  T Spec::*default_member = nullptr;  // whose value is the default; null: the member's own initial value
  std::string_view word = "";         // that may stand in the place of the number
  bool is_ascending = false;          // of a pair: from, to
  bool is_odd = false;                // of sizes
  bool is_quiet = false;              // left out of a resolved recipe where it has its default
  bool is_kind = false;               // tells kinds of a layer apart in a list of changes

  constexpr Field means(std::string_view text) const { return with(&Field::meaning, text); }
  constexpr Field in(std::string_view text) const { return with(&Field::unit, text); }
  constexpr Field within(NumberRange bounds) const { return with(&Field::range, bounds); }
  constexpr Field within(double low, double high) const { return within(NumberRange::closed(low, high)); }
  constexpr Field required() const { return with(&Field::is_required, true); }
  constexpr Field like(T Spec::*other) const { return with(&Field::default_member, other); }
  constexpr Field or_word(std::string_view text) const { return with(&Field::word, text); }
  constexpr Field ascending() const { return with(&Field::is_ascending, true); }
  constexpr Field odd() const { return with(&Field::is_odd, true); }
  constexpr Field quiet() const { return with(&Field::is_quiet, true); }
  constexpr Field kind() const { return with(&Field::is_kind, true); }

  // The value that a specification has where nothing gives it.
  T default_in(const Spec& spec) const { return default_member ? spec.*default_member : Spec{}.*member; }

  template <typename Part>
  constexpr Field with(Part Field::*part, Part value) const {
    Field changed = *this;
    changed.*part = value;
    return changed;
  }
};

template <typename Spec, typename T>
constexpr Field<Spec, T> field(std::string_view name, T Spec::*member) {
  return {.name = name, .member = member};
}

// Calls visit(field) for every field in order.
template <typename Spec, typename Visit>
constexpr void for_each_field(Visit&& visit) {
  std::apply([&](const auto&... fields) { (visit(fields), ...); }, Spec::fields());
}

// Calls visit(number) for every number in a field's value: itself, its elements, or a size's sides(). A flag
// or a word holds none.
template <typename T, typename Visit>
constexpr void for_each_number(const T& value, Visit&& visit) {
  if constexpr (std::ranges::range<T>) {
    for (const auto& element : value) visit(element);
  } else if constexpr (requires { value.sides(); }) {
    for (const auto& side : value.sides()) visit(side);
  } else if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) {
    visit(value);
  }
}

// Calls visit.operator()<Spec>() for every alternative of a variant of specifications, in order.
template <typename Variant, typename Visit>
constexpr void for_each_kind(Visit&& visit) {
  [&]<size_t... kIndex>(std::index_sequence<kIndex...>) {
    (visit.template operator()<std::variant_alternative_t<kIndex, Variant>>(), ...);
  }
  (std::make_index_sequence<std::variant_size_v<Variant>>());
}

}  // namespace rung

// Reads a specification from its table by its list of fields (base/fields.h). Every error is the reader's.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/fields.h"
#include "recipe/field_text.h"
#include "recipe/toml_reader.h"

namespace rung::recipe {

// What a field's word stands for, where it stands in the place of a number.
using WordValue = std::function<int()>;

namespace read {

inline int low_of(const NumberRange& range) {
  return static_cast<int>(range.low);
}
inline int high_of(const NumberRange& range) {
  return static_cast<int>(range.high);
}

// What stands where the table lacks the key; none makes the reader refuse that.
template <typename Spec, typename T>
std::optional<T> fallback_of(const Field<Spec, T>& field, const T& present) {
  return field.is_required ? std::nullopt : std::optional(present);
}

template <typename Spec>
void value(const TableReader& table, const Field<Spec, double>& field, double& result, const WordValue&) {
  result = table.number(field.name, field.range, fallback_of(field, result));
}

template <typename Spec>
void value(const TableReader& table, const Field<Spec, int>& field, int& result, const WordValue& word) {
  const int low = low_of(field.range);
  const int high = high_of(field.range);
  if (field.word.empty() || !table.has(field.name)) {
    result = table.small_integer(field.name, low, high, fallback_of(field, result));
  } else {
    const auto number = table.integer_or_word(field.name, low, high, field.word);
    result = number ? *number : word();
  }
}

template <typename Spec>
void value(const TableReader& table, const Field<Spec, std::optional<int>>& field, std::optional<int>& result,
           const WordValue&) {
  result = table.integer_or_word(field.name, low_of(field.range), high_of(field.range), field.word);
}

template <typename Spec>
void value(const TableReader& table, const Field<Spec, bool>& field, bool& result, const WordValue&) {
  result = table.boolean(field.name, result);
}

// Two integers, or one for both: PyTorch's sizes (height, width) and torchvision's (across, down).
template <typename Spec, typename Size>
requires IsSize<Size>
void value(const TableReader& table, const Field<Spec, Size>& field, Size& result, const WordValue&) {
  if (!table.has(field.name) && !field.is_required) return;
  const auto sides =
      table.integers(field.name, 2, low_of(field.range), high_of(field.range), TableReader::Scalar::kAllowed);
  if (field.is_odd && (sides[0] % 2 == 0 || sides[1] % 2 == 0))
    table.fail(field.name, "expected an odd size");
  result = {sides[0], sides[1]};
}

template <typename Spec>
void value(const TableReader& table, const Field<Spec, std::array<double, 2>>& field,
           std::array<double, 2>& result, const WordValue&) {
  result = table.numbers<2>(field.name, field.range, result);
  if (field.is_ascending && result[0] > result[1])
    table.fail(field.name, "expected the smaller number first");
}

// Two intervals, as torchvision's shear: one number n for [-n, n] along x, two for x, four for x and y.
template <typename Spec>
void value(const TableReader& table, const Field<Spec, std::array<double, 4>>& field,
           std::array<double, 4>& result, const WordValue&) {
  if (!table.has(field.name)) return;
  const auto size = table.array_size(field.name);
  if (!size) {
    const double most = table.number(field.name, NumberRange::closed(0, field.range.high));
    result = {0.0 - most, most, 0, 0};
  } else if (*size == 2) {
    const auto along_x = table.numbers<2>(field.name, field.range, {});
    result = {along_x[0], along_x[1], 0, 0};
  } else if (*size == 4) {
    result = table.numbers<4>(field.name, field.range, {});
  } else {
    table.fail(field.name, "expected a number, or an array of 2 or 4 numbers");
  }
  if (result[0] > result[1] || result[2] > result[3])
    table.fail(field.name, "expected the smaller number first");
}

template <typename Spec>
void value(const TableReader& table, const Field<Spec, std::vector<int>>& field, std::vector<int>& result,
           const WordValue&) {
  result = table.ascending_integers(field.name, low_of(field.range), high_of(field.range));
}

template <typename Spec, typename Enumeration>
requires std::is_enum_v<Enumeration>
void value(const TableReader& table, const Field<Spec, Enumeration>& field, Enumeration& result,
           const WordValue&) {
  if (table.has(field.name)) result = table.choice<Enumeration>(field.name);
}

}  // namespace read

// The keys of the specification's table besides `type`.
template <typename Spec>
constexpr auto keys_of() {
  return std::apply(
      [](const auto&... fields) { return std::array<std::string_view, sizeof...(fields)>{fields.name...}; },
      Spec::fields());
}

// From a table that has no other keys but `type`.
template <typename Spec>
Spec read_fields(const TableReader& table, const WordValue& word = {}) {
  std::vector<std::string_view> keys = {"type"};
  for (const std::string_view key : keys_of<Spec>()) keys.push_back(key);
  table.allow(keys);
  Spec spec;
  for_each_field<Spec>([&](const auto& field) {
    auto& result = spec.*field.member;
    if (!field.is_required) result = field.default_in(spec);
    read::value(table, field, result, word);
  });
  return spec;
}

}  // namespace rung::recipe

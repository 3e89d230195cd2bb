// The values of a specification's fields as recipes spell them.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "base/fields.h"
#include "nn/model_spec.h"

namespace rung::recipe {

// Two integers that a recipe spells as one where they are equal.
template <typename T>
concept IsSize = std::is_same_v<T, nn::Size2> || std::is_same_v<T, std::array<int, 2>>;

// Numbers in the shortest form that reads back as the same double; sizes of equal sides as one integer.
template <typename Spec, typename T>
std::string text_of(const Field<Spec, T>& field, const T& value) {
  if constexpr (IsSize<T>) {
    const auto& [first, second] = value;
    return first == second ? fmt::format("{}", first) : fmt::format("[{}, {}]", first, second);
  } else if constexpr (std::is_same_v<T, std::optional<int>>) {
    return value ? fmt::format("{}", *value) : fmt::format("\"{}\"", field.word);
  } else if constexpr (std::is_enum_v<T>) {
    return fmt::format("\"{}\"", name_of(value));
  } else if constexpr (std::is_arithmetic_v<T>) {
    return fmt::format("{}", value);
  } else {
    return fmt::format("[{}]", fmt::join(value, ", "));
  }
}

// Calls write(field, text) for every field of the specification that a resolved recipe names.
template <typename Spec, typename Write>
void write_fields(const Spec& spec, Write write) {
  for_each_field<Spec>([&](const auto& field) {
    const auto& value = spec.*field.member;
    if (!field.is_quiet || value != field.default_in(spec)) write(field, text_of(field, value));
  });
}

// "random_rotation (degrees 7, fill 1)": its name, and the fields that are required or not at their default.
template <typename Spec>
std::string described(const Spec& spec) {
  std::vector<std::string> options;
  for_each_field<Spec>([&](const auto& field) {
    const auto& value = spec.*field.member;
    if (field.is_required || value != field.default_in(spec))
      options.push_back(fmt::format("{} {}", field.name, text_of(field, value)));
  });
  if (options.empty()) return std::string(Spec::kName);
  return fmt::format("{} ({})", Spec::kName, fmt::join(options, ", "));
}

}  // namespace rung::recipe

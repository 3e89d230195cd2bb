// The tables of docs/recipes.md are those of the specifications' fields: every name, type, default, bound and
// meaning.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <type_traits>

#include "base/enumerators.h"
#include "base/file.h"
#include "base/text.h"
#include "data/data_spec.h"
#include "nn/model_spec.h"
#include "optim/training_spec.h"
#include "recipe/field_text.h"

namespace rung::recipe {
namespace {

constexpr const char* kHead =
    "| type | PyTorch | key | value | default | bounds | meaning |\n|---|---|---|---|---|---|---|\n";

template <typename T>
std::string kind_of_value() {
  if constexpr (std::is_same_v<T, nn::Size2>) return "n \\| [h, w]";
  if constexpr (std::is_same_v<T, std::array<int, 2>>) return "n \\| [across, down]";
  if constexpr (std::is_same_v<T, bool>) return "boolean";
  if constexpr (std::is_integral_v<T> || std::is_same_v<T, std::optional<int>>) return "integer";
  if constexpr (std::is_same_v<T, std::vector<int>>) return "integers";
  if constexpr (std::is_same_v<T, std::array<double, 2>>) return "two numbers";
  if constexpr (std::is_same_v<T, std::array<double, 4>>) return "number, or 2 or 4";
  return std::is_enum_v<T> ? "name" : "number";
}

std::string number(double value) {
  if (std::abs(value) >= 1e6) return fmt::format("{:g}", value);
  if (std::abs(value) >= 1000) return with_commas(static_cast<int64_t>(value));
  return fmt::format("{}", value);
}

std::string bounds(const NumberRange& range) {
  using End = NumberRange::End;
  if (range.low == -range.high && range.has_low()) return "±" + number(range.high);
  if (range.has_low() && range.has_high() && range.low_end == End::kClosed && range.high_end == End::kClosed)
    return fmt::format("{} to {}", number(range.low), number(range.high));
  std::string text;
  if (range.has_low()) text += (range.low_end == End::kOpen ? "> " : "≥ ") + number(range.low);
  if (range.has_high())
    text += (text.empty() ? "" : ", ") + ((range.high_end == End::kOpen ? "< " : "≤ ") + number(range.high));
  return text;
}

template <typename Spec, typename Owner, typename T>
std::string default_of(const Field<Owner, T>& field) {
  if (field.is_required) return "";
  if (field.default_member == nullptr) return fmt::format("{}", text_of(field, Spec{}.*field.member));
  std::string name;
  for_each_field<Spec>([&](const auto& other) {
    if constexpr (std::is_same_v<decltype(other.member), decltype(field.member)>)
      if (other.member == field.default_member) name = fmt::format("`{}`", other.name);
  });
  return name;
}

template <typename Spec, typename T>
std::string bounds_of(const Field<Spec, T>& field) {
  if constexpr (std::is_enum_v<T>) {
    std::string all;
    for (const auto name : kNames<T>) all += fmt::format("{}`\"{}\"`", all.empty() ? "" : ", ", name);
    return all;
  }
  std::string text = bounds(field.range);
  if constexpr (std::is_same_v<T, std::vector<int>>) text += ", ascending, at most 1,000 of them";
  if (field.is_ascending && std::is_same_v<T, std::array<double, 2>>) text += ", the smaller first";
  if (field.is_odd) text += ", odd";
  if (!field.word.empty()) text += fmt::format(", or `\"{}\"`", field.word);
  if (!field.unit.empty()) text += fmt::format("{}{}", text.empty() ? "" : "; ", field.unit);
  return text;
}

// An empty cell is a single space wide.
std::string cell(const std::string& text) {
  return text.empty() ? " |" : " " + text + " |";
}

template <typename Spec>
std::string rows() {
  const std::string type = fmt::format("`{}`", Spec::kName);
  const std::string torch = Spec::kTorchName.empty() ? "" : fmt::format("`{}`", Spec::kTorchName);
  std::string text;
  for_each_field<Spec>([&]<typename Owner, typename T>(const Field<Owner, T>& field) {
    const bool is_first = text.empty();
    text += "|" + cell(is_first ? type : "") + cell(is_first ? torch : "") +
            cell(fmt::format("`{}`", field.name)) + cell(kind_of_value<T>()) + cell(default_of<Spec>(field)) +
            cell(bounds_of(field)) + cell(std::string(field.meaning)) + "\n";
  });
  return text.empty() ? "|" + cell(type) + cell(torch) + " | | | | |\n" : text;
}

template <typename Variant>
void expect_table() {
  const std::string page =
      read_text_file(std::filesystem::path(RUNG_SOURCE_DIR) / "docs" / "recipes.md", size_t{1} << 20);
  std::string table = kHead;
  for_each_kind<Variant>([&]<typename Spec>() { table += rows<Spec>(); });
  EXPECT_NE(page.find("\n\n" + table + "\n"), std::string::npos) << "docs/recipes.md lacks this table:\n"
                                                                 << table;
}

TEST(RecipeTables, OfTheLayers) {
  expect_table<nn::LayerSpec>();
}
TEST(RecipeTables, OfTheTransforms) {
  expect_table<data::Transform>();
}
TEST(RecipeTables, OfTheOptimizers) {
  expect_table<optim::Optimizer>();
}
TEST(RecipeTables, OfTheSchedules) {
  expect_table<optim::LrScheduler>();
}

}  // namespace
}  // namespace rung::recipe

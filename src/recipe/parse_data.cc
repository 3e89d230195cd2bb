// [dataset] and [[augment]]. The data reader checks whether a dataset exists.
#include <fmt/format.h>

#include "base/error.h"
#include "data/arrange.h"
#include "data/class_names.h"
#include "data/registry.h"
#include "recipe/parse.h"
#include "recipe/read_fields.h"
#include "recipe/read_variant.h"

namespace rung::recipe {
namespace {

constexpr int kMaxPortion = 1'000'000'000;  // images

// A folder is anything with a '/'.
void require_dataset(const TableReader& table, const std::string& name) {
  if (name.empty()) table.fail("name", "expected a dataset's name or a folder's path");
  if (data::is_folder(name)) return;
  try {
    data::find_dataset(name);
  } catch (const UsageError& error) {
    table.fail("name", error.what(), error.hint());
  }
}

// "auto": none, which is to be measured. The default is what a registered dataset commonly has, else "auto".
std::optional<ChannelValues> parse_moment(const TableReader& table, std::string_view key,
                                          const NumberRange& range, std::optional<ChannelValues> fallback) {
  if (!table.has(key)) return fallback;
  if (const auto size = table.array_size(key)) {
    if (*size != kMostChannels)
      table.fail(key, fmt::format("expected a number, or one for each of {} channels, found {}",
                                  kMostChannels, *size));
    return ChannelValues(table.numbers(key, range));
  }
  if (!table.is_text(key)) return table.number(key, range);
  if (table.text(key) != "auto") table.fail(key, fmt::format("expected \"auto\" or {}", range.describe()));
  return std::nullopt;
}

data::Portion parse_portion(const TableReader& table, std::string_view key) {
  if (!table.has(key)) return {};
  const double value = table.number(key, NumberRange{});
  if (value > 0 && value < 1) return data::Portion::of(value);
  return table.small_integer(key, 1, kMaxPortion);
}

data::ValidationSplit parse_validation_split(const TableReader& table, const std::string& name) {
  if (!table.has("validation_split")) return data::default_split(name);
  return table.choice<data::ValidationSplit>("validation_split");
}

data::Portion parse_test(const TableReader& table, const std::string& name) {
  if (table.has("test") && !data::is_folder(name))
    table.fail("test", fmt::format("the dataset \"{}\" has test images of its own", name),
               "leave `test` out");
  return parse_portion(table, "test");
}

std::vector<std::string> parse_class_names(const TableReader& table) {
  if (!table.has("class_names")) return {};
  std::vector<std::string> names = table.texts("class_names");
  const std::string problem = data::problem_of(names);
  if (!problem.empty()) table.fail("class_names", problem);
  return names;
}

}  // namespace

data::DatasetSpec parse_dataset(const TableReader& root) {
  data::DatasetSpec dataset;
  const auto table = root.table("dataset");
  if (!table) return dataset;
  table->allow(
      {"name", "mean", "std", "validation", "validation_split", "test", "split_seed", "class_names"});
  dataset.name = table->text("name", dataset.name);
  require_dataset(*table, dataset.name);
  const data::DatasetInfo* known = data::known_dataset(dataset.name);
  dataset.mean = parse_moment(*table, "mean", NumberRange::closed(-1e6, 1e6),
                              known == nullptr ? std::nullopt : known->mean);
  dataset.std = parse_moment(*table, "std", NumberRange::closed(data::kLeastStd, 1e6),
                             known == nullptr ? std::nullopt : known->std);
  dataset.validation = parse_portion(*table, "validation");
  dataset.validation_split = parse_validation_split(*table, dataset.name);
  dataset.test = parse_test(*table, dataset.name);
  dataset.split_seed =
      static_cast<uint64_t>(table->integer("split_seed", 0, std::numeric_limits<int64_t>::max(), 0));
  dataset.class_names = parse_class_names(*table);
  return dataset;
}

std::vector<data::Transform> parse_augment(const TableReader& root) {
  std::vector<data::Transform> transforms;
  const auto erases = [](const data::Transform& one) {
    return std::holds_alternative<data::RandomErasing>(one);
  };
  for (const TableReader& table : root.tables("augment")) {
    const bool after_erasing = !transforms.empty() && erases(transforms.back());
    transforms.push_back(visit_type<data::Transform>(
        table, [&]<typename Transform>() -> data::Transform { return read_fields<Transform>(table); }));
    if (after_erasing && !erases(transforms.back()))
      table.fail("type", "must stand before random_erasing, which works on the normalised image");
  }
  return transforms;
}

}  // namespace rung::recipe

#include "data/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "data/known_datasets.h"

namespace rung::data {
namespace {

struct Refused {
  std::string_view name;
  std::string_view reason;
};
constexpr std::array kRefused = {
    Refused{"chestmnist",
            "each of its images has any number of 14 findings at once, and a model of Rung's "
            "gives an image one class"}};

}  // namespace

const std::vector<DatasetInfo>& known_datasets() {
  static const std::vector<DatasetInfo> datasets = [] {
    std::vector<DatasetInfo> all = datasets_of_characters();
    for (auto* more : {&datasets_of_photographs, &datasets_of_medicine})
      for (DatasetInfo& info : (*more)()) all.push_back(std::move(info));
    return all;
  }();
  return datasets;
}

bool is_folder(std::string_view name) {
  return name.find('/') != std::string_view::npos;
}

const DatasetInfo* known_dataset(std::string_view name) {
  const auto& datasets = known_datasets();
  const auto found = std::ranges::find(datasets, name, &DatasetInfo::name);
  return found == datasets.end() ? nullptr : &*found;
}

const DatasetInfo& find_dataset(std::string_view name) {
  if (const DatasetInfo* known = known_dataset(name)) return *known;
  const auto refused = std::ranges::find(kRefused, name, &Refused::name);
  if (refused != kRefused.end())
    throw UsageError(fmt::format("{} cannot be trained on: {}", name, refused->reason));
  std::vector<std::string_view> names;
  for (const auto& info : known_datasets()) names.push_back(info.name);
  const auto guess = nearest(name, names);
  throw UsageError(
      fmt::format("unknown dataset '{}'{}", quotable(name),
                  guess ? fmt::format("; did you mean '{}'?", *guess) : ""),
      "`rung data list` has the known datasets; a name with a '/' is a folder of IDX files of your "
      "own");
}

}  // namespace rung::data

#include "ladder/steps_file.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "base/error.h"
#include "base/file.h"
#include "base/json_format.h"

namespace rung::ladder {
namespace {

using nlohmann::json;

constexpr JsonFormat kFormat{"rung-ladder", 1};
constexpr uint64_t kMaxBytes = 64 * recipe::kMaxFileBytes;

}  // namespace

bool holds_ladder(const std::filesystem::path& folder) {
  return is_there(folder / kStepsFile);
}

void require_no_ladder(const std::filesystem::path& folder) {
  if (!holds_ladder(folder)) return;
  throw UsageError(fmt::format("{} already holds a ladder", folder.string()),
                   "choose another folder with --out, or remove it");
}

void write_steps(const std::filesystem::path& folder, std::span<const recipe::Recipe> steps) {
  nlohmann::ordered_json file = kFormat.begin();
  file["steps"] = nlohmann::ordered_json::array();
  for (const recipe::Recipe& step : steps) file["steps"].push_back(recipe::to_toml(step));
  replace_file(folder / kStepsFile, file.dump(2) + "\n");
}

std::vector<recipe::Recipe> parse_steps(std::string_view text, std::string_view source) {
  const auto require = [&](bool good) {
    if (!good) throw DataError(fmt::format("{}: not the steps of a ladder", source));
  };
  const json file = kFormat.parse(text);
  require(!file.is_null());
  const json steps = file.value("steps", json());
  require(steps.is_array() && !steps.empty());
  std::vector<recipe::Recipe> recipes;
  std::set<std::string> names;
  for (const json& step : steps) {
    require(step.is_string());
    recipes.push_back(recipe::parse(step.get<std::string>(), source));
    require(names.insert(recipes.back().name).second);
  }
  return recipes;
}

std::vector<recipe::Recipe> read_steps(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / kStepsFile;
  return parse_steps(read_text_file(path, kMaxBytes), path.string());
}

}  // namespace rung::ladder

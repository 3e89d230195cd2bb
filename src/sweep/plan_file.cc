#include "sweep/plan_file.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "base/json_format.h"
#include "sweep/sweep_plan.h"

namespace rung::sweep {
namespace {

using nlohmann::json;

constexpr JsonFormat kFormat{"rung-sweep-plan", 1};

// Whether it is a plain file name, without a path.
bool is_plain_name(const json& name) {
  if (!name.is_string()) return false;
  const auto text = name.get<std::string>();
  return !text.empty() && text.find_first_of(std::string_view("/\0", 2)) == std::string::npos;
}

}  // namespace

std::string to_text(const PlanFile& plan) {
  nlohmann::ordered_json file = kFormat.begin();
  file["recipes"] = plan.recipes;
  file["settings"] = plan.settings;
  file["seeds"] = plan.seeds;
  return file.dump() + "\n";
}

PlanFile parse_plan(std::string_view text, std::string_view source) {
  const auto require = [&](bool good) {
    if (!good) throw DataError(fmt::format("{}: not the plan of a sweep", source));
  };
  const json file = kFormat.parse(text);
  require(!file.is_null());
  const json recipes = file.value("recipes", json());
  const json seeds = file.value("seeds", json());
  const json settings = file.value("settings", json());
  require(recipes.is_array() && seeds.is_array() && settings.is_number_unsigned());
  require(recipes.size() * seeds.size() >= 1 && recipes.size() * seeds.size() <= kMaxRuns);
  require(settings >= 1 && settings <= recipes.size() && recipes.size() % settings.get<size_t>() == 0);
  PlanFile plan{.recipes = {}, .settings = settings.get<size_t>(), .seeds = {}};
  std::set<json> seen;
  for (const json& name : recipes) {
    require(is_plain_name(name) && seen.insert(name).second);
    plan.recipes.push_back(name.get<std::string>());
  }
  for (const json& seed : seeds) {
    require(seed.is_number_unsigned() && seen.insert(seed).second);
    plan.seeds.push_back(seed.get<uint64_t>());
  }
  return plan;
}

}  // namespace rung::sweep

#include "search/search_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/json_format.h"
#include "ladder/job.h"
#include "train/checkpoint.h"

namespace rung::search {
namespace {

namespace fs = std::filesystem;

using nlohmann::json;
using nlohmann::ordered_json;

constexpr JsonFormat kFormat{"rung-search", 1};
constexpr uint64_t kMaxBytes = 8 << 20;
constexpr const char* kSpeed = "gflops";
constexpr const char* kWorkers = "workers";
// To be raised when the same plan draws other candidates.
constexpr int kRevision = 12;

json read(const fs::path& path) {
  json stored = kFormat.parse(read_text_file(path, kMaxBytes));
  const auto holds = [&](const char* key, auto is) { return stored.contains(key) && is(stored.at(key)); };
  if (stored.is_object() && holds(kSpeed, [](const json& value) { return value.is_number(); }) &&
      holds(kWorkers, [](const json& value) { return value.is_number_unsigned(); }))
    return stored;
  throw DataError(fmt::format("{}: not the plan of a search", path.string()));
}

}  // namespace

double SearchPlan::seconds_of(const recipe::Recipe& recipe) const {
  return *cost_of(recipe, Cost::kTrainSeconds, yardstick());
}

ordered_json to_json(const SearchPlan& plan) {
  ordered_json file = kFormat.begin();
  file["recipe"] = plan.start.name;
  file["start"] = recipe::to_toml(plan.start);
  file["metric"] = recipe::name_of(plan.goal.metric);
  file["target"] = plan.goal.target;
  file["minimise"] = name_of(plan.goal.minimise);
  file["at_most"] = ordered_json::object();
  for (const Limit& limit : plan.goal.limits)
    file["at_most"][std::string(name_of(limit.cost))] = limit.at_most;
  file["chip"] = plan.goal.chip;
  file["space"] = to_toml(plan.space);
  file["strategy"] = name_of(plan.strategy);
  file["seed"] = plan.seed;
  file["batch"] = plan.batch;
  file["candidates"] = plan.candidates ? json(*plan.candidates) : json();
  file["budget_seconds"] = plan.budget ? json(*plan.budget) : json();
  file["claim_seeds"] = plan.claim_seeds;
  file["data_sha256"] = plan.data_sha256;
  file["revision"] = kRevision;
  file["numerics"] = train::kNumericsRevision;
  file[kSpeed] = plan.gflops;
  file[kWorkers] = plan.workers;
  return file;
}

void take_measurements(const fs::path& folder, SearchPlan& plan) {
  const fs::path path = folder / ladder::kSearchPlan;
  if (!is_there(path)) return;
  const json stored = read(path);
  plan.gflops = stored.at(kSpeed).get<double>();
  plan.workers = std::max<size_t>(1, stored.at(kWorkers).get<size_t>());
}

void store_or_require_same(const fs::path& folder, const SearchPlan& plan) {
  const fs::path path = folder / ladder::kSearchPlan;
  remove_leftovers_of(path);
  if (!is_there(path)) {
    ladder::require_no_job(folder);
    replace_file(path, to_json(plan).dump(2) + "\n");
    return;
  }
  const json stored = read(path);
  const json wanted = json::parse(to_json(plan).dump());
  for (const auto& [key, value] : wanted.items()) {
    const json before = stored.value(key, json());
    if (before == value) continue;
    const bool is_short = value.dump().size() + before.dump().size() < 100;
    throw UsageError(fmt::format("{} holds another search: its {} is {}", folder.string(), key,
                                 is_short ? fmt::format("{}, not {}", before.dump(), value.dump())
                                          : std::string("different")),
                     "choose another folder with --out");
  }
}

}  // namespace rung::search

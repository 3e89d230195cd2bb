// sweep::parse_plan on arbitrary bytes.
#include <string_view>

#include "sweep/plan_file.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return rung::fuzz::parse_or_refuse(data, size, [](auto bytes) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const auto plan = rung::sweep::parse_plan(text, "seed");
    rung::fuzz::require(!plan.recipes.empty() && !plan.seeds.empty(), "a plan has a run");
    rung::fuzz::require(plan.recipes.size() % plan.settings == 0, "whole blocks of settings");
    for (const auto& name : plan.recipes)
      rung::fuzz::require(name.find('/') == name.npos, "a recipe's name leads nowhere else");
  });
}

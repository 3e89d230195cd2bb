// What a run reached, and whether that is what its recipe's targets ask for.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "chip/layout.h"
#include "recipe/recipe.h"
#include "train/run_record.h"

namespace rung::ladder {

struct TargetResult {
  recipe::Target target;
  std::optional<double> bound;  // none when it is "previous" and no previous step can be compared with
  double value = 0;
  std::optional<bool> met;  // none without a bound, or the run has no such value
};

// As result.json has it.
nlohmann::ordered_json to_json(const TargetResult& result);

// The value of a metric in a run. Precondition: has_metric(); a run without validation, or one of an older
// version, may lack some, and no run has those of a chip.
bool has_metric(recipe::Metric metric, const train::RunRecord& record);
double metric_value(recipe::Metric metric, const train::RunRecord& record);

// Of one of the recipe's targets, and of all of them. `previous` is the previous step's, or null.
TargetResult judge(const recipe::Target& target, const recipe::Recipe& recipe, const train::RunRecord& record,
                   const train::RunRecord* previous);
std::vector<TargetResult> judge(const recipe::Recipe& recipe, const train::RunRecord& record,
                                const train::RunRecord* previous);

// By how much a target is missed: "0.06 points", "1,234", "3.1 s". Precondition: it has a bound.
std::string miss_text(const TargetResult& target);

// "at least 99.4 % test accuracy: 99.34 %, missed by 0.06 points". Precondition: it has a bound.
std::string missed_sentence(const TargetResult& target);

// The recipe's model in integers as it lies on a chip, before it is trained; weights of the recipe's bits, or
// of these. Throws quantise::Unquantisable.
chip::Layout layout_of(const recipe::Recipe& recipe, std::optional<int> weight_bits = {});

// The recipe's targets about a chip, which can be judged before training. Throws Unquantisable if there are
// any, but the model has no integer form.
std::vector<TargetResult> chip_budgets(const recipe::Recipe& recipe);

// Throws UsageError if one of them is missed, and as chip_budgets().
void require_chip_budgets(const recipe::Recipe& recipe);

}  // namespace rung::ladder

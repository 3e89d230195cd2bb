// A sweep's runs in 8-bit integers, as `rung export` writes them: what that costs their accuracy.
#pragma once

#include <vector>

#include "base/thread_pool.h"
#include "sweep/crew.h"
#include "sweep/sweep.h"
#include "sweep/sweep_statistics.h"

namespace rung::sweep {

// Throws Unquantisable if one of the recipes' models has no integer form.
void require_integer_forms(const SweepPlan& plan);

// Of each recipe with a finished run: with its newest weights, of the bits that the recipe's [quantize] says,
// or 8. Takes a second or two for each run. Throws IoError, DataError. Precondition: every recipe's dataset
// is present.
std::vector<IntegerStatistics> integers_of(const Sweep& sweep, const Datasets& datasets, ThreadPool& pool);

}  // namespace rung::sweep

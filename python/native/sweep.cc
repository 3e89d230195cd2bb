// rung._native.sweep: many runs of a recipe, as `rung sweep` does it.
#include <nanobind/nanobind.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/thread_pool.h"
#include "bindings.h"
#include "data/arrange.h"
#include "ladder/run.h"
#include "report/sweep_page.h"
#include "sweep/crew.h"
#include "sweep/sweep.h"
#include "sweep/sweep_statistics.h"

namespace rung::python {
namespace {

using recipe::Recipe;

// Every recipe's images: those given, or the datasets that the recipes name, each loaded once. Writes into
// the recipes what only the images tell.
sweep::Datasets datasets_of(std::vector<Recipe>& recipes, const data::Dataset* given,
                            const std::string& folder) {
  sweep::Datasets datasets;
  for (Recipe& recipe : recipes) {
    const std::string arrangement = data::arrangement_of(recipe.dataset);
    if (!datasets.contains(arrangement)) {
      data::Dataset files =
          given != nullptr ? *given : data::load_dataset(recipe.dataset.name, data::root_or_default(folder));
      datasets.emplace(arrangement, data::arranged(std::move(files), recipe.dataset));
    }
    const data::Dataset& images = datasets.at(arrangement);
    ladder::resolve(recipe, images);
    ladder::require_fit(recipe, images);
    // (A share that is counted now makes another key.)
    if (const std::string counted = data::arrangement_of(recipe.dataset); counted != arrangement)
      datasets.try_emplace(counted, images);
  }
  return datasets;
}

// Stops the sweep once Python has raised something; the exception waits until the runs have stopped.
class Interruption {
 public:
  bool is_due() {
    const nb::gil_scoped_acquire lock;
    if (PyErr_CheckSignals() != 0) raised_.emplace();
    return raised_.has_value();
  }
  void rethrow() {
    if (raised_) throw std::move(*raised_);
  }

 private:
  std::optional<nb::python_error> raised_;
};

std::string run_sweep(const std::vector<Recipe>& recipes, const std::vector<std::string>& grid,
                      std::vector<uint64_t> seeds, const data::Dataset* dataset,
                      const std::string& data_folder, nb::handle folder, int threads) {
  const std::filesystem::path out = path_of(folder);
  Interruption interruption;
  std::string json;
  {
    const nb::gil_scoped_release unlocked;
    sweep::SweepPlan plan = sweep::make_plan(recipes, grid, std::move(seeds));
    const sweep::Datasets datasets = datasets_of(plan.recipes, dataset, data_folder);
    sweep::Sweep sweep(plan, out);
    sweep.require_same_origin(datasets);
    if (sweep.unfinished() > 0) {
      const auto jobs = static_cast<size_t>(ThreadPool::or_available(threads));
      sweep::LocalCrew here(std::min(jobs, sweep.unfinished()), datasets, 30);
      sweep::Crew* crews[] = {&here};  // NOLINT: a span is taken of it
      try {
        sweep.run(crews,
                  {.on_run = {}, .on_progress = {}, .should_stop = [&] { return interruption.is_due(); }});
      } catch (const ladder::Stopped&) {
        interruption.rethrow();
        throw;
      }
    }
    const sweep::SweepStatistics statistics = sweep::statistics_of(sweep.plan(), sweep.runs());
    json = report::write_sweep_results(sweep, statistics).dump();
  }
  return json;
}

}  // namespace

void bind_sweep(nb::module_& module) {
  module.def("sweep", &run_sweep, nb::arg("recipes"), nb::arg("grid"), nb::arg("seeds"),
             nb::arg("dataset").none(), nb::arg("data_folder"), nb::arg("folder"), nb::arg("threads"));
}

}  // namespace rung::python

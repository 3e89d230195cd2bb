#include "sweep/sweep_integers.h"

#include "data/arrange.h"
#include "ladder/trained_model.h"
#include "quantise/quantise.h"
#include "train/calibrate.h"
#include "train/run_directory.h"
#include "train/trainer.h"

namespace rung::sweep {
namespace {

// Percent, on the test images.
double accuracy_in_integers(const Sweep& sweep, const SweepRun& run, const data::Dataset& data,
                            ThreadPool& pool) {
  const recipe::Recipe recipe = recipe_of(sweep.plan(), run);
  const nn::Weights weights = ladder::weights_of_run(run_folder(sweep.folder(), run), recipe);
  const auto calibrated = train::calibrate(recipe.model, weights, recipe.dataset,
                                           train::training_part(data, recipe.dataset.validation.images),
                                           optim::weight_bits_of(recipe.training), pool);
  const train::ImageRange test{data.test, 0, data.test.count};
  return 100.0 * train::evaluate(calibrated.model, test, pool).correct / test.count;
}

}  // namespace

void require_integer_forms(const SweepPlan& plan) {
  for (const recipe::Recipe& recipe : plan.recipes) {
    quantise::quantise_untrained(recipe.model, {recipe.dataset.mean.value(), recipe.dataset.std.value(),
                                                optim::weight_bits_of(recipe.training)});
  }
}

std::vector<IntegerStatistics> integers_of(const Sweep& sweep, const Datasets& datasets, ThreadPool& pool) {
  std::vector<IntegerStatistics> result;
  for (size_t recipe = 0; recipe < sweep.plan().recipes.size(); ++recipe) {
    const data::Dataset& data = datasets.at(data::arrangement_of(sweep.plan().recipes[recipe].dataset));
    std::vector<double> accuracies;
    std::vector<double> differences;
    for (const SweepRun& run : sweep.runs()) {
      if (run.recipe != recipe || !run.record) continue;
      accuracies.push_back(accuracy_in_integers(sweep, run, data, pool));
      differences.push_back(accuracies.back() - run.record->final_test_accuracy());
    }
    if (!accuracies.empty())
      result.push_back({recipe, optim::weight_bits_of(sweep.plan().recipes[recipe].training),
                        ladder::summarise(accuracies), ladder::paired_test(differences)});
  }
  return result;
}

}  // namespace rung::sweep

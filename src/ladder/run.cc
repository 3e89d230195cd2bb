#include "ladder/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "train/run_directory.h"

namespace rung::ladder {
namespace {

using nlohmann::ordered_json;

bool compare(double value, recipe::Comparison comparison, double bound) {
  switch (comparison) {
    case recipe::Comparison::kBelow:
      return value < bound;
    case recipe::Comparison::kAtMost:
      return value <= bound;
    case recipe::Comparison::kAbove:
      return value > bound;
    case recipe::Comparison::kAtLeast:
      return value >= bound;
  }
  return false;
}

ordered_json to_json(const TargetResult& result) {
  ordered_json json{{"text", result.target.text},
                    {"metric", recipe::name_of(result.target.metric)},
                    {"comparison", recipe::name_of(result.target.comparison)}};
  json["bound"] = result.bound ? ordered_json(*result.bound) : ordered_json(nullptr);
  json["value"] = result.value;
  json["met"] = result.met ? ordered_json(*result.met) : ordered_json(nullptr);
  return json;
}

ordered_json result_json(const Outcome& outcome) {
  ordered_json json = train::to_json(outcome.record);
  json["targets"] = ordered_json::array();
  for (const TargetResult& target : outcome.targets) json["targets"].push_back(to_json(target));
  return json;
}

train::EpochRecord record_of(const train::TrainedEpoch& trained, const train::Evaluation& test) {
  return {.epoch = trained.epoch,
          .lr = trained.lr,
          .train_loss = trained.loss,
          .train_accuracy = trained.accuracy,
          .test_loss = test.loss,
          .test_accuracy = test.accuracy,
          .train_seconds = trained.seconds,
          .test_seconds = test.seconds};
}

// The last batches of an epoch can break the weights without a training loss that shows it.
void require_finite(const train::Evaluation& test, const train::TrainedEpoch& trained) {
  if (std::isfinite(test.loss)) return;
  throw DivergedError(fmt::format("epoch {}, after its last batch: the test loss is {} at learning rate {}",
                                  trained.epoch, std::abs(test.loss), trained.lr),
                      "lower the learning rate");
}

}  // namespace

bool Outcome::targets_met() const {
  return std::none_of(targets.begin(), targets.end(),
                      [](const TargetResult& result) { return result.met == std::optional(false); });
}

double metric_value(recipe::Metric metric, const train::RunRecord& record) {
  switch (metric) {
    case recipe::Metric::kParams:
      return static_cast<double>(record.params);
    case recipe::Metric::kBestTestAccuracy:
      return record.best().test_accuracy;
    case recipe::Metric::kFinalTestAccuracy:
      return record.final_test_accuracy();
    case recipe::Metric::kMeanLast3TestAccuracy:
      return record.mean_last3_test_accuracy();
    case recipe::Metric::kOverfittingGap:
      return record.overfitting_gap();
    case recipe::Metric::kTrainSeconds:
      return record.train_seconds();
  }
  return 0;
}

std::vector<TargetResult> judge(const std::vector<recipe::Target>& targets, const train::RunRecord& record,
                                const train::RunRecord* previous) {
  std::vector<TargetResult> results;
  for (const recipe::Target& target : targets) {
    TargetResult result{target, std::nullopt, metric_value(target.metric, record), std::nullopt};
    if (const auto* number = std::get_if<double>(&target.bound)) {
      result.bound = *number;
    } else if (previous != nullptr) {
      result.bound = metric_value(target.metric, *previous);
    }
    if (result.bound) result.met = compare(result.value, target.comparison, *result.bound);
    results.push_back(result);
  }
  return results;
}

train::Experiment experiment_of(const recipe::Recipe& recipe) {
  return {recipe.model, recipe.dataset, recipe.augment, recipe.training, recipe.seed};
}

Outcome run_recipe(const recipe::Recipe& recipe, const data::Dataset& data, ThreadPool& pool,
                   const std::filesystem::path& path, const Outcome* previous, const Observer& observer) {
  train::Trainer trainer(experiment_of(recipe), data, pool);
  train::RunDirectory directory(path, recipe::to_toml(recipe));
  Outcome outcome;
  outcome.recipe = recipe;
  train::RunRecord& record = outcome.record;
  record.recipe = recipe.name;
  record.title = recipe.title;
  record.seed = recipe.seed;
  record.params = static_cast<int64_t>(trainer.plan().parameter_count);
  record.train_images = data.train.count;
  record.test_images = data.test.count;
  record.machine = train::this_machine(pool.size());
  while (trainer.epochs_done() < recipe.training.epochs) {
    const train::TrainedEpoch trained = trainer.train_epoch(observer.on_batch);
    outcome.test = trainer.evaluate(data.test);
    require_finite(outcome.test, trained);
    record.epochs.push_back(record_of(trained, outcome.test));
    directory.add_epoch(record.epochs.back(), trainer);
    if (observer.on_epoch) observer.on_epoch(record.epochs.back(), outcome.test);
  }
  record.train_accuracy_evaluated = trainer.evaluate(data.train).accuracy;
  record.weights_sha256 = nn::weights_sha256(trainer.weights());
  outcome.targets = judge(recipe.targets, record, previous == nullptr ? nullptr : &previous->record);
  directory.finish(result_json(outcome));
  return outcome;
}

}  // namespace rung::ladder

#include "report/exhibit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "ladder/changes.h"
#include "train/batches.h"
#include "train/run_directory.h"

namespace rung::report {
namespace {

bool all_finite(std::span<const float> values) {
  return std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
}

void judge(Exhibit& exhibit, const Exhibit* previous) {
  const StoredRun& run = exhibit.run;
  const bool comparable = previous != nullptr && previous->run.finished;
  exhibit.targets =
      ladder::judge(run.recipe.targets, run.record, comparable ? &previous->run.record : nullptr);
  exhibit.analysis = ladder::analyse({run.recipe, run.record, {}, {}}, nullptr, {});
}

void set_against(Exhibit& exhibit, const Exhibit& previous) {
  exhibit.previous = previous.run.name;
  exhibit.changes = ladder::describe_changes(previous.run.recipe, exhibit.run.recipe);
  exhibit.against_previous = compare(previous, exhibit);
}

void load_last_weights(Exhibit& exhibit) {
  const auto file = exhibit.run.folder / train::kCheckpointFile;
  exhibit.plan = nn::make_plan(exhibit.run.recipe.model);
  try {
    exhibit.weights = train::load_weights(*exhibit.plan, file, recipe::to_toml(exhibit.run.recipe));
  } catch (const IoError& error) {
    exhibit.remarks.push_back(fmt::format("The weights are missing: {}.", error.what()));
    return;
  } catch (const Error& error) {
    exhibit.remarks.push_back(fmt::format("The weights are not used: {}.", error.what()));
    return;
  }
  const std::string& recorded = exhibit.run.record.weights_sha256;
  if (!recorded.empty() && nn::weights_sha256(*exhibit.weights) != recorded)
    exhibit.remarks.push_back(fmt::format(
        "The weights in {} are not those that result.json records (their SHA-256 differs).", file.string()));
}

void use_images(Exhibit& exhibit, const Images& images, ThreadPool& pool) {
  if (images.data == nullptr) {
    exhibit.remarks.push_back(
        fmt::format("The dataset {} is missing ({}): whatever needs images is left out.",
                    exhibit.run.recipe.dataset.name, images.problem));
    return;
  }
  train::require_fit(ladder::experiment_of(exhibit.run.recipe), *images.data);
  exhibit.data = images.data;
  train::RunRecord& record = exhibit.run.record;
  if (!exhibit.run.finished) {
    record.validation_images = exhibit.run.recipe.dataset.validation.images;
    record.train_images = images.data->train.count - record.validation_images;
    record.test_images = images.data->test.count;
  } else if (record.test_images != images.data->test.count) {
    exhibit.remarks.push_back(fmt::format("The run was tested on {} images, and {} holds {} now.",
                                          record.test_images, images.data->name, images.data->test.count));
  }
  if (!exhibit.weights) return;
  exhibit.predictions =
      predict(*exhibit.plan, *exhibit.weights, exhibit.run.recipe.dataset, images.data->test, pool);
  if (all_finite(exhibit.predictions->confidence)) return;
  exhibit.predictions.reset();
  exhibit.remarks.push_back(
      "The model says what is no finite number about some test images: what it predicts is left out.");
}

}  // namespace

std::optional<ladder::McNemar> compare(const Exhibit& before, const Exhibit& after) {
  if (!before.predictions || !after.predictions || before.data != after.data) return std::nullopt;
  return ladder::mcnemar(before.predictions->predicted, after.predictions->predicted,
                         after.data->test.labels);
}

Exhibit examine(StoredRun run, const Images& images, const Exhibit* previous, ThreadPool& pool) {
  Exhibit exhibit;
  exhibit.run = std::move(run);
  if (!exhibit.run.finished)
    exhibit.remarks.push_back(fmt::format(
        "The run has not finished: {} of {} epochs are done. What the model does is shown as of its "
        "last checkpoint.",
        exhibit.run.record.epochs.size(), exhibit.run.recipe.training.epochs));
  exhibit.notebook = find_reference_curve(exhibit.run.recipe);
  load_last_weights(exhibit);
  use_images(exhibit, images, pool);
  if (exhibit.run.finished) judge(exhibit, previous);
  if (previous != nullptr) set_against(exhibit, *previous);
  return exhibit;
}

}  // namespace rung::report

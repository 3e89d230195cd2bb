#include "report/exhibit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "base/all_finite.h"
#include "base/error.h"
#include "base/require.h"
#include "data/class_names.h"
#include "ladder/changes.h"
#include "train/batches.h"
#include "train/recorded_data.h"
#include "train/run_directory.h"

namespace rung::report {
namespace {

void judge(Exhibit& exhibit, const Exhibit* previous) {
  const StoredRun& run = exhibit.run;
  const bool comparable = previous != nullptr && previous->run.finished;
  exhibit.targets = ladder::judge(run.recipe, run.record, comparable ? &previous->run.record : nullptr);
  exhibit.analysis = ladder::analyse({run.recipe, run.record, {}, {}}, nullptr, {});
}

void set_against(Exhibit& exhibit, const Exhibit& previous) {
  exhibit.previous = previous.run.name;
  exhibit.changes = ladder::describe_changes(previous.run.recipe, exhibit.run.recipe);
  if (!previous.other_data && !exhibit.other_data) exhibit.against_previous = compare(previous, exhibit);
}

void load_last_weights(Exhibit& exhibit) {
  const auto file = exhibit.run.folder / train::kCheckpointFile;
  exhibit.plan = nn::make_plan(exhibit.run.recipe.model, nn::GlobalPooling::kApart);
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

// The data that the run was trained and tested on may have been replaced since.
void note_other_data(Exhibit& exhibit, const Images& images) {
  exhibit.other_data =
      !exhibit.data_sha256.empty() && !images.sha256.empty() && exhibit.data_sha256 != images.sha256;
  if (exhibit.other_data)
    exhibit.remarks.push_back(fmt::format(
        "{} no longer holds the images and labels that the run was trained and tested on (their SHA-256 "
        "differs). The headline, results, analysis and curves are the run’s records, made with the earlier "
        "data. Every section that was computed from the present data says so.",
        exhibit.run.recipe.dataset.name));
}

// Whatever the reason, two accuracies on a page must not contradict each other without a word.
void note_other_accuracy(Exhibit& exhibit) {
  const double recorded = exhibit.run.record.final_test_accuracy();
  const double now = predicted_accuracy(exhibit);
  if (!exhibit.run.finished || std::abs(now - recorded) < 1e-6) return;
  exhibit.remarks.push_back(fmt::format(
      "The run recorded a test accuracy of {:.2f} % after its last epoch; evaluated for this page, its "
      "weights reach {:.2f} %. Confusion, mistakes and calibration show the latter.",
      recorded, now));
}

void use_images(Exhibit& exhibit, const Images& images, ThreadPool& pool) {
  if (images.data == nullptr) {
    exhibit.remarks.push_back(
        fmt::format("The dataset {} is missing ({}): everything that needs images is left out.",
                    exhibit.run.recipe.dataset.name, images.problem));
    return;
  }
  try {
    train::require_fit(ladder::experiment_of(exhibit.run.recipe), *images.data);
  } catch (const UsageError& error) {
    exhibit.remarks.push_back(
        fmt::format("The dataset {} no longer fits the model ({}): everything that needs images is left out.",
                    exhibit.run.recipe.dataset.name, error.what()));
    return;
  }
  exhibit.data = images.data;
  note_other_data(exhibit, images);
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
  if (all_finite(exhibit.predictions->confidence)) return note_other_accuracy(exhibit);
  exhibit.predictions.reset();
  exhibit.remarks.push_back(
      "The model’s output for some test images is not a finite number, so its predictions are left out.");
}

}  // namespace

std::optional<ladder::McNemar> compare(const Exhibit& before, const Exhibit& after) {
  if (!before.predictions || !after.predictions || before.data != after.data) return std::nullopt;
  return ladder::mcnemar(before.predictions->predicted, after.predictions->predicted,
                         after.data->test.labels);
}

std::string class_name(const Exhibit& exhibit, size_t label) {
  return data::class_name(exhibit.run.recipe.dataset, label);
}

double predicted_accuracy(const Exhibit& exhibit) {
  RUNG_REQUIRE(exhibit.predictions);
  const auto& labels = exhibit.data->test.labels;
  const auto& predicted = exhibit.predictions->predicted;
  const auto correct = std::inner_product(labels.begin(), labels.end(), predicted.begin(), int64_t{0},
                                          std::plus<>(), std::equal_to<>());
  return 100.0 * static_cast<double>(correct) / static_cast<double>(labels.size());
}

Html data_note(const Exhibit& exhibit) {
  if (!exhibit.other_data) return {};
  return html("<p class=\"note\">Computed from the present data of {}, not from the data of the run.</p>\n",
              exhibit.run.recipe.dataset.name);
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
  if (exhibit.weights) exhibit.data_sha256 = train::recorded_data(exhibit.run.folder);
  use_images(exhibit, images, pool);
  if (exhibit.run.finished) judge(exhibit, previous);
  if (previous != nullptr) set_against(exhibit, *previous);
  return exhibit;
}

}  // namespace rung::report

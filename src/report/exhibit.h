// A run with everything that its page says about it: the record, and what its weights do on the test images.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "data/dataset.h"
#include "ladder/analysis.h"
#include "nn/plan.h"
#include "nn/weights.h"
#include "report/html.h"
#include "report/predictions.h"
#include "report/reference_curves.h"
#include "report/stored_run.h"

namespace rung::report {

struct Exhibit {
  StoredRun run;
  const data::Dataset* data = nullptr;  // null if it is missing
  std::string data_sha256;              // of what the run was trained and tested on; empty if it does not say
  bool other_data = false;              // `data` is not what the run was trained and tested on
  std::optional<nn::Plan> plan;         // with weights; a global pooling is a unit of its own
  std::optional<nn::Weights> weights;   // of the last epoch
  std::optional<Predictions> predictions;
  std::optional<ReferenceCurve> notebook;
  std::vector<ladder::TargetResult> targets;
  std::optional<ladder::Analysis> analysis;  // of the run itself, if it has finished
  // Compared with the previous step:
  std::string previous;                             // its name; empty without one
  std::vector<std::string> changes;                 // as ladder::describe_changes
  std::optional<ladder::McNemar> against_previous;  // if both predict the same images
  std::vector<std::string> remarks;                 // what is missing or odd, in sentences
};

// McNemar's test on the two runs' predictions, `before` first. None unless both are known, for the same
// images.
std::optional<ladder::McNemar> compare(const Exhibit& before, const Exhibit& after);

// A class's name in words, or its number where the dataset has no names.
std::string class_name(const Exhibit& exhibit, size_t label);

// Percent of the test images that the predictions get right. Precondition: the exhibit has predictions.
double predicted_accuracy(const Exhibit& exhibit);

// Says in front of what was computed from the present data that the run's were others; empty if they were
// not.
Html data_note(const Exhibit& exhibit);

// A dataset, or why it is missing.
struct Images {
  const data::Dataset* data = nullptr;
  std::string problem;
  std::string sha256 = "";  // as data::sha256; empty if nobody has computed it
};

// Evaluates the run's last weights on the test images. `previous` is the previous step, or null. Whatever is
// missing, and images that the model does not take, become remarks. Throws DataError for a damaged
// checkpoint.
Exhibit examine(StoredRun run, const Images& images, const Exhibit* previous, ThreadPool& pool);

}  // namespace rung::report

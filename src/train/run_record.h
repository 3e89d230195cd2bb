// What one training run did, as numbers: the content of result.json and metrics.jsonl. Accuracies are
// percent.
#pragma once

#include <algorithm>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "train/class_results.h"
#include "train/trainer.h"

namespace rung::train {

struct ValidationRecord {
  double loss = 0;
  double accuracy = 0;
  double seconds = 0;
  std::optional<double> balanced_accuracy = std::nullopt;  // see EpochRecord
};

struct EpochRecord {
  int epoch = 0;              // from 1
  double lr = 0;              // of its last batch
  double train_loss = 0;      // running: in training mode, while the weights change
  double train_accuracy = 0;  // likewise
  double test_loss = 0;
  double test_accuracy = 0;
  double train_seconds = 0;
  double test_seconds = 0;
  std::string weights_sha256;  // after the epoch
  std::optional<ValidationRecord> validation = std::nullopt;
  // The mean recall of the classes that have images. None in the records of version 0.1.
  std::optional<double> balanced_test_accuracy = std::nullopt;

  // What chooses the best epoch: validation accuracy, or test accuracy without a validation split.
  double choosing_accuracy() const { return validation ? validation->accuracy : test_accuracy; }
  // With evaluation.
  double total_seconds() const {
    return train_seconds + test_seconds + (validation ? validation->seconds : 0);
  }
};

struct Machine {
  std::string cpu;   // the processor's name
  std::string simd;  // the kernels' instruction set
  int threads = 0;
};

// This machine, as the kernels run on it now.
Machine this_machine(int threads);

struct RunRecord {
  std::string recipe;  // its name
  std::string title;
  uint64_t seed = 0;
  int64_t params = 0;
  int train_images = 0;
  int validation_images = 0;
  int test_images = 0;
  std::string data_sha256;  // of all images and labels (data::sha256); empty in records of version 0.1
  std::vector<EpochRecord> epochs;
  double train_accuracy_evaluated = 0;  // of the final weights on the training images, in evaluation mode
  double train_evaluation_seconds = 0;  // that it took; 0 in older records
  std::string weights_sha256;           // of the final weights
  Machine machine;
  // Of the final weights. None in a record of version 0.1, or of a run that has not finished.
  std::optional<ClassResults> test_classes = std::nullopt;
  std::optional<ClassResults> train_classes = std::nullopt;
  // With [ema], of the weights in training beside their average; none as above, too.
  std::optional<double> trained_weights_test_accuracy = std::nullopt;

  // Precondition: at least one epoch.
  const EpochRecord& best() const;    // the first epoch with the highest test accuracy
  const EpochRecord& chosen() const;  // the first with the highest choosing_accuracy(): best.safetensors
  double final_test_accuracy() const;
  double best_train_accuracy() const;
  double mean_last3_test_accuracy() const;  // of fewer if there are fewer
  int epochs_in_mean() const { return static_cast<int>(std::min<size_t>(3, epochs.size())); }
  double train_seconds() const;  // of all epochs, without evaluation
  double total_seconds() const;  // with evaluation
  // Points by which training accuracy exceeds test accuracy, both in evaluation mode with the final weights.
  double overfitting_gap() const { return train_accuracy_evaluated - final_test_accuracy(); }
};

nlohmann::ordered_json to_json(const EpochRecord& epoch);

// The content of metrics.jsonl: one line per epoch.
std::string to_json_lines(std::span<const EpochRecord> epochs);

// The epochs in such a text; messages call it `source`. Throws DataError (source and line) unless they are
// epochs `first`, `first` + 1, ... with possible numbers.
std::vector<EpochRecord> parse_json_lines(std::string_view text, std::string_view source, int first = 1);

// Everything but the targets, which the ladder judges.
nlohmann::ordered_json to_json(const RunRecord& record);

// The record in the text of a result.json; messages call it `source`. Derived values, such as the best
// accuracy, are not read. Throws DataError (source and field) unless a run can have such a record.
RunRecord parse_result(std::string_view text, std::string_view source);

}  // namespace rung::train

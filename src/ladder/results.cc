#include "ladder/results.h"

#include <fmt/format.h>

#include "ladder/class_findings.h"

namespace rung::ladder {
namespace {

constexpr int kEpochsInMean = 3;  // where there are as many

void add_validation(const train::RunRecord& record, std::vector<ResultRow>& rows) {
  const auto& last = record.epochs.back();
  rows.push_back({"best validation", record.chosen().choosing_accuracy(), {}});
  rows.push_back({"last epoch, validation", last.choosing_accuracy(), {}});
  if (shows_balanced(record) && last.validation && last.validation->balanced_accuracy)
    rows.push_back({"last epoch, validation, balanced", *last.validation->balanced_accuracy, {}});
  rows.push_back({"test, at the best validation", record.chosen().test_accuracy, {}});
}

}  // namespace

std::string mean_of_last_words(int epochs) {
  return fmt::format("mean of the last {}", epochs);
}

std::vector<ResultRow> result_rows(const train::RunRecord& record,
                                   const std::optional<recipe::Reference>& reference, bool finished) {
  const auto theirs = [&](double recipe::Reference::*accuracy) {
    return reference ? std::optional((*reference).*accuracy) : std::nullopt;
  };
  std::vector<ResultRow> rows;
  if (record.validation_images > 0) add_validation(record, rows);
  rows.push_back(
      {"last epoch, test", record.final_test_accuracy(), theirs(&recipe::Reference::final_test_accuracy)});
  if (record.trained_weights_test_accuracy)
    rows.push_back({"last epoch, test, without averaging", *record.trained_weights_test_accuracy, {}});
  if (shows_balanced(record))
    rows.push_back({"last epoch, test, balanced", *record.epochs.back().balanced_test_accuracy, {}});
  if (const int epochs = record.epochs_in_mean(); epochs > 1)
    rows.push_back(
        {mean_of_last_words(epochs) + ", test", record.mean_last3_test_accuracy(),
         epochs == kEpochsInMean ? theirs(&recipe::Reference::mean_last3_test_accuracy) : std::nullopt});
  rows.push_back({"best test", record.best().test_accuracy, theirs(&recipe::Reference::best_test_accuracy)});
  rows.push_back({"best train (running)", record.best_train_accuracy(),
                  theirs(&recipe::Reference::best_train_accuracy)});
  rows.push_back({"last epoch, train (running)", record.epochs.back().train_accuracy, {}});
  if (finished) rows.push_back({"last epoch, train (evaluation mode)", record.train_accuracy_evaluated, {}});
  return rows;
}

}  // namespace rung::ladder

#include "ladder/results.h"

namespace rung::ladder {

std::vector<ResultRow> result_rows(const train::RunRecord& record,
                                   const std::optional<recipe::Reference>& reference, bool finished) {
  const auto theirs = [&](double recipe::Reference::*accuracy) {
    return reference ? std::optional((*reference).*accuracy) : std::nullopt;
  };
  std::vector<ResultRow> rows;
  if (record.validation_images > 0) {
    rows.push_back({"best validation", record.chosen().choosing_accuracy(), {}});
    rows.push_back({"last epoch, validation", record.epochs.back().choosing_accuracy(), {}});
    rows.push_back({"test, at the best validation", record.chosen().test_accuracy, {}});
  }
  rows.push_back(
      {"last epoch, test", record.final_test_accuracy(), theirs(&recipe::Reference::final_test_accuracy)});
  rows.push_back({"mean of the last 3, test", record.mean_last3_test_accuracy(),
                  theirs(&recipe::Reference::mean_last3_test_accuracy)});
  rows.push_back({"best test", record.best().test_accuracy, theirs(&recipe::Reference::best_test_accuracy)});
  rows.push_back({"best train (running)", record.best_train_accuracy(),
                  theirs(&recipe::Reference::best_train_accuracy)});
  rows.push_back({"last epoch, train (running)", record.epochs.back().train_accuracy, {}});
  if (finished) rows.push_back({"last epoch, train (evaluation mode)", record.train_accuracy_evaluated, {}});
  return rows;
}

}  // namespace rung::ladder

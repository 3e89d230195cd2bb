#include "train/class_results.h"

#include "base/require.h"

namespace rung::train {

std::optional<double> ClassResults::recall(size_t k) const {
  if (images[k] == 0) return std::nullopt;
  return 100.0 * correct[k] / images[k];
}

double ClassResults::balanced_accuracy() const {
  double sum = 0;
  int present = 0;
  for (size_t k = 0; k < classes(); ++k) {
    sum += recall(k).value_or(0);
    present += images[k] > 0 ? 1 : 0;
  }
  RUNG_REQUIRE(present > 0);
  return sum / present;
}

ClassResults class_results(std::span<const uint8_t> labels, std::span<const uint8_t> predicted, int classes) {
  RUNG_REQUIRE(labels.size() == predicted.size());
  const std::vector<int> zeros(static_cast<size_t>(classes));
  ClassResults results{zeros, zeros, zeros};
  for (size_t i = 0; i < labels.size(); ++i) {
    RUNG_REQUIRE(labels[i] < classes && predicted[i] < classes);
    ++results.images[labels[i]];
    ++results.predicted[predicted[i]];
    results.correct[labels[i]] += labels[i] == predicted[i] ? 1 : 0;
  }
  return results;
}

}  // namespace rung::train

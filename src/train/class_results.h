// The results of an evaluation for each class.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace rung::train {

struct ClassResults {
  std::vector<int> images;     // [classes]: that belong to the class
  std::vector<int> correct;    // [classes]: of these, predicted correctly
  std::vector<int> predicted;  // [classes]: predicted as the class, correctly or not

  size_t classes() const { return images.size(); }
  // Percent of the class's images that are predicted correctly; none without images.
  std::optional<double> recall(size_t k) const;
  // Percent: the mean recall of the classes that have images. Precondition: one has.
  double balanced_accuracy() const;

  friend bool operator==(const ClassResults&, const ClassResults&) = default;
};

// Preconditions: as many labels as predictions, all below `classes`.
ClassResults class_results(std::span<const uint8_t> labels, std::span<const uint8_t> predicted, int classes);

}  // namespace rung::train

// What is wrong in a dataset that no image shows by itself: copies, copies with different labels, images
// without content, images whose light and dark are exchanged.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "data/dataset.h"

namespace rung::data {

// An image of a dataset. Training images come before test images.
struct Place {
  bool is_test = false;
  int image = 0;
  friend auto operator<=>(const Place&, const Place&) = default;  // NOLINT(modernize-use-nullptr)
};

// Two images that are nearly the same, but not quite.
struct NearCopy {
  Place first;
  Place second;
  double correlation = 0;  // Pearson's, of their pixels
};

struct CheckResult {
  std::vector<std::vector<Place>> copies;  // groups of at least two images with the same pixels
  std::vector<NearCopy> near_copies;       // the most alike first
  bool has_more_near_copies = false;       // than kMostNearCopies
  std::vector<Place> blank;                // of one value; no copies of each other
  std::vector<Place> inverted;             // their border is as light as the others' is dark, or the reverse
};

inline constexpr size_t kMostNearCopies = 10'000;

// Nearly the same: the hashes (difference hash of 8 x 8 bits: N. Krawetz, "Kind of Like That", 2013) differ
// in at most kHashBits bits, and the pixels' correlation is at least kLeastCorrelation.
inline constexpr int kHashBits = 4;
inline constexpr double kLeastCorrelation = 0.98;

// Compares every image with every other one: 70,000 images take seconds. The result does not depend on the
// pool.
CheckResult check(const Dataset& dataset, ThreadPool& pool);

// Only copies and images of one value, in a fraction of a second.
CheckResult check_quickly(const Dataset& dataset);

// What check_quickly() finds that makes results wrong: images that are in training and in the test, that have
// several labels, or that are of one value. "3 images both in training and test, 2 images of one grey level";
// empty if nothing is.
std::string faults_at_once(const Dataset& dataset);

uint8_t label_of(const Dataset& dataset, const Place& place);

// The groups whose images do not all have the same label.
std::vector<std::vector<Place>> with_different_labels(const Dataset& dataset,
                                                      const std::vector<std::vector<Place>>& groups);

// Whether a group has training images and test images.
bool is_across_splits(const std::vector<Place>& group);

}  // namespace rung::data

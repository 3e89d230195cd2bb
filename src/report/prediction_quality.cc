#include "report/prediction_quality.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/require.h"

namespace rung::report {

std::vector<std::vector<int>> confusion(std::span<const uint8_t> labels, std::span<const uint8_t> predicted,
                                        int classes) {
  RUNG_REQUIRE(labels.size() == predicted.size());
  const auto side = static_cast<size_t>(classes);
  std::vector<std::vector<int>> counts(side, std::vector<int>(side));
  for (size_t i = 0; i < labels.size(); ++i) {
    RUNG_REQUIRE(labels[i] < side && predicted[i] < side);
    ++counts[labels[i]][predicted[i]];
  }
  return counts;
}

int images_of(const std::vector<std::vector<int>>& counts, size_t label) {
  return std::accumulate(counts[label].begin(), counts[label].end(), 0);
}

int predictions_of(const std::vector<std::vector<int>>& counts, size_t label) {
  int sum = 0;
  for (const auto& row : counts) sum += row[label];
  return sum;
}

double balanced_accuracy(const std::vector<std::vector<int>>& counts) {
  double sum = 0;
  int classes = 0;
  for (size_t label = 0; label < counts.size(); ++label) {
    const int images = images_of(counts, label);
    if (images == 0) continue;
    ++classes;
    sum += static_cast<double>(counts[label][label]) / images;
  }
  return sum / classes;
}

std::vector<uint32_t> mistakes(const Predictions& predictions, std::span<const uint8_t> labels) {
  std::vector<uint32_t> wrong;
  for (size_t i = 0; i < labels.size(); ++i)
    if (predictions.predicted[i] != labels[i]) wrong.push_back(static_cast<uint32_t>(i));
  std::stable_sort(wrong.begin(), wrong.end(), [&](uint32_t a, uint32_t b) {
    return predictions.given_true[a] < predictions.given_true[b];
  });
  return wrong;
}

Calibration calibration(const Predictions& predictions, std::span<const uint8_t> labels) {
  constexpr int kBins = 15;
  Calibration result{.bins = std::vector<Calibration::Bin>(kBins)};
  for (size_t i = 0; i < labels.size(); ++i) {
    const double confidence = predictions.confidence[i];
    const int index = std::clamp(static_cast<int>(std::ceil(confidence * kBins)) - 1, 0, kBins - 1);
    Calibration::Bin& bin = result.bins[static_cast<size_t>(index)];
    ++bin.images;
    bin.confidence += confidence;
    bin.accuracy += predictions.predicted[i] == labels[i] ? 1 : 0;
  }
  const auto images = static_cast<double>(labels.size());
  for (Calibration::Bin& bin : result.bins) {
    result.confidence += bin.confidence / images;
    result.accuracy += bin.accuracy / images;
    result.expected_error += std::abs(bin.accuracy - bin.confidence) / images;
    if (bin.images == 0) continue;
    bin.confidence /= bin.images;
    bin.accuracy /= bin.images;
  }
  return result;
}

}  // namespace rung::report

#include "ladder/class_findings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include "base/require.h"
#include "base/text.h"
#include "data/class_names.h"
#include "ladder/analysis.h"
#include "ladder/standard_error.h"

namespace rung::ladder {
namespace {

using train::ClassResults;

// A class is ignored when it is predicted less often than a tenth of its images.
constexpr int kIgnored = 10;
// Predictions collapse when at most a third of the classes (or one) are not ignored.
constexpr size_t kAnswering = 3;
constexpr double kNearlyAll = 0.9;  // of the predictions: they go to the classes that are answered
constexpr double kFarBelow = 20;    // points
constexpr int kRare = 3;            // times fewer training images than the largest class

std::vector<size_t> present_classes(const ClassResults& results) {
  std::vector<size_t> classes;
  for (size_t k = 0; k < results.classes(); ++k)
    if (results.images[k] > 0) classes.push_back(k);
  return classes;
}

bool is_collapsed(const ClassResults& test) {
  const auto present = present_classes(test);
  const auto answering = static_cast<size_t>(std::ranges::count_if(
      present, [&](size_t k) { return kIgnored * int64_t{test.predicted[k]} >= test.images[k]; }));
  return present.size() > 1 && answering <= std::max<size_t>(1, present.size() / kAnswering);
}

// The classes that are predicted most often, until they are nearly all predictions.
void find_answered(const ClassResults& test, ClassFindings& findings) {
  std::vector<size_t> classes(test.classes());
  std::iota(classes.begin(), classes.end(), size_t{0});
  std::ranges::stable_sort(classes, std::ranges::greater(), [&](size_t k) { return test.predicted[k]; });
  const double all = std::accumulate(test.predicted.begin(), test.predicted.end(), 0.0);
  double share = 0;
  for (const size_t k : classes) {
    if (share >= kNearlyAll) break;
    share += test.predicted[k] / all;
    findings.answered.push_back(k);
  }
  findings.answered_share = 100 * share;
  std::ranges::sort(findings.answered);
}

bool holds(std::span<const size_t> classes, size_t k) {
  return std::ranges::find(classes, k) != classes.end();
}

// The usual recall comes from classes with enough training images, if the test has any.
void find_low(const ClassResults& test, ClassFindings& findings) {
  const auto present = present_classes(test);
  std::vector<double> recalls;
  for (const size_t k : present)
    if (!holds(findings.rare, k) && !holds(findings.missing, k)) recalls.push_back(*test.recall(k));
  if (recalls.empty()) return;
  std::ranges::sort(recalls);
  findings.usual_recall = recalls[recalls.size() / 2];
  for (const size_t k : present) {
    const double chance = kErrors * standard_error(findings.usual_recall, test.images[k]);
    if (findings.usual_recall - *test.recall(k) > std::max(kFarBelow, chance)) findings.low.push_back(k);
  }
}

void find_rare(const ClassResults& train, const std::optional<ClassResults>& test, ClassFindings& findings) {
  const int largest = *std::ranges::max_element(train.images);
  for (size_t k = 0; k < train.classes(); ++k) {
    if (train.images[k] == 0) {
      if (test && k < test->classes() && test->images[k] > 0) findings.missing.push_back(k);
    } else if (kRare * int64_t{train.images[k]} < largest) {
      findings.rare.push_back(k);
    }
  }
}

bool has_rare(const std::optional<ClassResults>& results) {
  ClassFindings findings;
  if (results) find_rare(*results, {}, findings);
  return findings.imbalanced();
}

// "a", "a and b", "a, b and c".
std::string listed(std::vector<std::string> parts) {
  if (parts.size() == 1) return parts.front();
  const std::string last = parts.back();
  parts.pop_back();
  return fmt::format("{} and {}", fmt::join(parts, ", "), last);
}

std::string number_list(std::span<const size_t> ascending) {
  std::vector<std::string> parts;
  for (size_t first = 0, next = 0; first < ascending.size(); first = next) {
    while (next < ascending.size() && ascending[next] - ascending[first] == next - first) ++next;
    const size_t last = ascending[next - 1];
    if (next - first > 2) {
      parts.push_back(fmt::format("{} to {}", ascending[first], last));
    } else {
      for (size_t k = ascending[first]; k <= last; ++k) parts.push_back(fmt::format("{}", k));
    }
  }
  return listed(std::move(parts));
}

// As many as can be read at a glance, and how many more.
std::string name_list(std::span<const size_t> classes, const data::DatasetSpec& dataset) {
  constexpr size_t kMost = 10;
  std::vector<std::string> parts;
  for (const size_t k : classes.first(std::min(kMost, classes.size())))
    parts.push_back(data::class_name(dataset, k));
  if (classes.size() > kMost) parts.push_back(fmt::format("{} more", classes.size() - kMost));
  return listed(std::move(parts));
}

}  // namespace

ClassFindings find_classes(const train::RunRecord& record) {
  ClassFindings findings;
  if (record.train_classes) find_rare(*record.train_classes, record.test_classes, findings);
  if (record.test_classes) {
    if (is_collapsed(*record.test_classes)) {
      find_answered(*record.test_classes, findings);
    } else {
      find_low(*record.test_classes, findings);
    }
  }
  return findings;
}

bool shows_balanced(const train::RunRecord& record) {
  const auto& balanced = record.epochs.back().balanced_test_accuracy;
  if (!balanced) return false;
  return has_rare(record.train_classes) || has_rare(record.test_classes) ||
         std::abs(*balanced - record.final_test_accuracy()) > kErrors * standard_error(record);
}

double train_accuracy_as_tested(const train::RunRecord& record) {
  RUNG_REQUIRE(record.train_classes && record.test_classes);
  const ClassResults& train = *record.train_classes;
  const ClassResults& test = *record.test_classes;
  double sum = 0;
  double images = 0;
  for (size_t k = 0; k < std::min(train.classes(), test.classes()); ++k) {
    sum += train.recall(k).value_or(0) * test.images[k];
    images += test.images[k];
  }
  return sum / images;
}

double chance_accuracy(const ClassResults& results) {
  const double all = std::accumulate(results.images.begin(), results.images.end(), 0.0);
  return 100 * *std::ranges::max_element(results.images) / all;
}

std::string class_list(std::span<const size_t> classes, const data::DatasetSpec& dataset) {
  return fmt::format("{} {}", classes.size() == 1 ? "class" : "classes",
                     data::has_class_names(dataset) ? name_list(classes, dataset) : number_list(classes));
}

std::string training_images_text(const train::RunRecord& record, const ClassFindings& findings,
                                 const data::DatasetSpec& dataset) {
  RUNG_REQUIRE(record.train_classes);
  const std::vector<int>& images = record.train_classes->images;
  const auto largest = std::ranges::max_element(images);
  std::string text = fmt::format("class {} has {} training images",
                                 data::class_name(dataset, static_cast<size_t>(largest - images.begin())),
                                 with_commas(*largest));
  if (!findings.rare.empty()) {
    std::vector<int> counts;
    for (const size_t k : findings.rare) counts.push_back(images[k]);
    const auto [fewest, most] = std::ranges::minmax(counts);
    text += fmt::format(", {} only {}", class_list(findings.rare, dataset), with_commas(fewest));
    if (most > fewest) text += fmt::format(" to {}", with_commas(most));
    if (most == fewest && counts.size() > 1) text += " each";
  }
  if (!findings.missing.empty()) text += fmt::format(", {} none", class_list(findings.missing, dataset));
  return text;
}

}  // namespace rung::ladder

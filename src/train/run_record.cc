#include "train/run_record.h"

#include <algorithm>
#include <fstream>
#include <numeric>

#include "base/require.h"
#include "kernels/simd.h"

namespace rung::train {
namespace {

std::string cpu_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    const size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

}  // namespace

Machine this_machine(int threads) {
  return {cpu_name(), kernels::simd_target(), threads};
}

const EpochRecord& RunRecord::best() const {
  RUNG_REQUIRE(!epochs.empty());
  return *std::max_element(epochs.begin(), epochs.end(), [](const EpochRecord& a, const EpochRecord& b) {
    return a.test_accuracy < b.test_accuracy;
  });
}

const EpochRecord& RunRecord::chosen() const {
  RUNG_REQUIRE(!epochs.empty());
  return *std::max_element(epochs.begin(), epochs.end(), [](const EpochRecord& a, const EpochRecord& b) {
    return a.choosing_accuracy() < b.choosing_accuracy();
  });
}

double RunRecord::final_test_accuracy() const {
  RUNG_REQUIRE(!epochs.empty());
  return epochs.back().test_accuracy;
}

double RunRecord::best_train_accuracy() const {
  double best = 0;
  for (const EpochRecord& epoch : epochs) best = std::max(best, epoch.train_accuracy);
  return best;
}

double RunRecord::mean_last3_test_accuracy() const {
  RUNG_REQUIRE(!epochs.empty());
  const auto count = static_cast<size_t>(epochs_in_mean());
  double sum = 0;
  for (size_t i = epochs.size() - count; i < epochs.size(); ++i) sum += epochs[i].test_accuracy;
  return sum / static_cast<double>(count);
}

double RunRecord::train_seconds() const {
  return std::accumulate(epochs.begin(), epochs.end(), 0.0,
                         [](double sum, const EpochRecord& epoch) { return sum + epoch.train_seconds; });
}

double RunRecord::total_seconds() const {
  return std::accumulate(epochs.begin(), epochs.end(), train_evaluation_seconds,
                         [](double sum, const EpochRecord& epoch) { return sum + epoch.total_seconds(); });
}

}  // namespace rung::train

#include "train/run_record.h"

#include <algorithm>
#include <fstream>
#include <numeric>

#include "kernels/simd.h"

namespace rung::train {
namespace {

using nlohmann::ordered_json;

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
  return *std::max_element(epochs.begin(), epochs.end(), [](const EpochRecord& a, const EpochRecord& b) {
    return a.test_accuracy < b.test_accuracy;
  });
}

double RunRecord::best_train_accuracy() const {
  double best = 0;
  for (const EpochRecord& epoch : epochs) best = std::max(best, epoch.train_accuracy);
  return best;
}

double RunRecord::mean_last3_test_accuracy() const {
  const size_t count = std::min<size_t>(3, epochs.size());
  double sum = 0;
  for (size_t i = epochs.size() - count; i < epochs.size(); ++i) sum += epochs[i].test_accuracy;
  return sum / static_cast<double>(count);
}

double RunRecord::train_seconds() const {
  return std::accumulate(epochs.begin(), epochs.end(), 0.0,
                         [](double sum, const EpochRecord& epoch) { return sum + epoch.train_seconds; });
}

double RunRecord::total_seconds() const {
  return std::accumulate(epochs.begin(), epochs.end(), train_seconds(),
                         [](double sum, const EpochRecord& epoch) { return sum + epoch.test_seconds; });
}

ordered_json to_json(const EpochRecord& epoch) {
  return {{"epoch", epoch.epoch},
          {"lr", epoch.lr},
          {"train_loss", epoch.train_loss},
          {"train_accuracy", epoch.train_accuracy},
          {"test_loss", epoch.test_loss},
          {"test_accuracy", epoch.test_accuracy},
          {"train_seconds", epoch.train_seconds},
          {"test_seconds", epoch.test_seconds}};
}

ordered_json to_json(const RunRecord& record) {
  ordered_json epochs = ordered_json::array();
  for (const EpochRecord& epoch : record.epochs) epochs.push_back(to_json(epoch));
  return {{"format", "rung-result"},
          {"version", 1},
          {"recipe", record.recipe},
          {"title", record.title},
          {"seed", record.seed},
          {"params", record.params},
          {"train_images", record.train_images},
          {"test_images", record.test_images},
          {"best_epoch", record.best().epoch},
          {"best_test_accuracy", record.best().test_accuracy},
          {"final_test_accuracy", record.final_test_accuracy()},
          {"mean_last3_test_accuracy", record.mean_last3_test_accuracy()},
          {"best_train_accuracy", record.best_train_accuracy()},
          {"train_accuracy_evaluated", record.train_accuracy_evaluated},
          {"overfitting_gap", record.overfitting_gap()},
          {"train_seconds", record.train_seconds()},
          {"total_seconds", record.total_seconds()},
          {"weights_sha256", record.weights_sha256},
          {"machine",
           {{"cpu", record.machine.cpu}, {"simd", record.machine.simd}, {"threads", record.machine.threads}}},
          {"epochs", epochs}};
}

}  // namespace rung::train

#include "train/run_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <fstream>
#include <numeric>
#include <optional>
#include <utility>

#include "base/error.h"
#include "kernels/simd.h"

namespace rung::train {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

std::string cpu_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    const size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

bool is_sha256(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

using NumberField = std::pair<const char*, double*>;

bool read_numbers(const json& from, std::initializer_list<NumberField> fields) {
  for (const auto& [name, value] : fields) {
    if (!from.contains(name) || !from[name].is_number()) return false;
    *value = from[name].get<double>();
  }
  return true;
}

std::optional<EpochRecord> parse_epoch(const json& from) {
  EpochRecord epoch;
  if (!from.is_object() || !read_numbers(from, {{"lr", &epoch.lr},
                                                {"train_loss", &epoch.train_loss},
                                                {"train_accuracy", &epoch.train_accuracy},
                                                {"test_loss", &epoch.test_loss},
                                                {"test_accuracy", &epoch.test_accuracy},
                                                {"train_seconds", &epoch.train_seconds},
                                                {"test_seconds", &epoch.test_seconds}}))
    return std::nullopt;
  ValidationRecord validation;
  if (read_numbers(from, {{"validation_loss", &validation.loss},
                          {"validation_accuracy", &validation.accuracy},
                          {"validation_seconds", &validation.seconds}}))
    epoch.validation = validation;
  if (!from.contains("epoch") || !from["epoch"].is_number_unsigned()) return std::nullopt;
  epoch.epoch = static_cast<int>(std::min<uint64_t>(from["epoch"].get<uint64_t>(), INT_MAX));
  if (!from.contains("weights_sha256") || !from["weights_sha256"].is_string()) return std::nullopt;
  epoch.weights_sha256 = from["weights_sha256"].get<std::string>();
  return is_sha256(epoch.weights_sha256) ? std::optional(epoch) : std::nullopt;
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

const EpochRecord& RunRecord::chosen() const {
  return *std::max_element(epochs.begin(), epochs.end(), [](const EpochRecord& a, const EpochRecord& b) {
    return a.choosing_accuracy() < b.choosing_accuracy();
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
  return std::accumulate(
      epochs.begin(), epochs.end(), train_seconds(), [](double sum, const EpochRecord& epoch) {
        return sum + epoch.test_seconds + (epoch.validation ? epoch.validation->seconds : 0);
      });
}

ordered_json to_json(const EpochRecord& epoch) {
  ordered_json json{{"epoch", epoch.epoch},
                    {"lr", epoch.lr},
                    {"train_loss", epoch.train_loss},
                    {"train_accuracy", epoch.train_accuracy},
                    {"test_loss", epoch.test_loss},
                    {"test_accuracy", epoch.test_accuracy},
                    {"train_seconds", epoch.train_seconds},
                    {"test_seconds", epoch.test_seconds}};
  if (epoch.validation) {
    json["validation_loss"] = epoch.validation->loss;
    json["validation_accuracy"] = epoch.validation->accuracy;
    json["validation_seconds"] = epoch.validation->seconds;
  }
  json["weights_sha256"] = epoch.weights_sha256;
  return json;
}

std::string to_json_lines(std::span<const EpochRecord> epochs) {
  std::string text;
  for (const EpochRecord& epoch : epochs) text += to_json(epoch).dump() + "\n";
  return text;
}

std::vector<EpochRecord> parse_json_lines(std::string_view text, std::string_view source) {
  std::vector<EpochRecord> epochs;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    const auto epoch = parse_epoch(json::parse(line, nullptr, /*allow_exceptions=*/false));
    if (!epoch || epoch->epoch != static_cast<int64_t>(epochs.size()) + 1)
      throw DataError(fmt::format("{}: line {}: not the record of epoch {}", source, epochs.size() + 1,
                                  epochs.size() + 1));
    epochs.push_back(*epoch);
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return epochs;
}

ordered_json to_json(const RunRecord& record) {
  ordered_json epochs = ordered_json::array();
  for (const EpochRecord& epoch : record.epochs) epochs.push_back(to_json(epoch));
  ordered_json json{{"format", "rung-result"},
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
                    {"mean_last3_test_accuracy", record.mean_last3_test_accuracy()}};
  if (record.validation_images > 0) {
    json["validation_images"] = record.validation_images;
    json["best_validation_epoch"] = record.chosen().epoch;
    json["best_validation_accuracy"] = record.chosen().choosing_accuracy();
    json["final_validation_accuracy"] = record.epochs.back().choosing_accuracy();
    json["test_accuracy_at_best_validation"] = record.chosen().test_accuracy;
  }
  json.update(
      {{"best_train_accuracy", record.best_train_accuracy()},
       {"train_accuracy_evaluated", record.train_accuracy_evaluated},
       {"overfitting_gap", record.overfitting_gap()},
       {"train_seconds", record.train_seconds()},
       {"total_seconds", record.total_seconds()},
       {"weights_sha256", record.weights_sha256},
       {"machine",
        {{"cpu", record.machine.cpu}, {"simd", record.machine.simd}, {"threads", record.machine.threads}}},
       {"epochs", epochs}});
  return json;
}

}  // namespace rung::train

// The record as JSON, and back. The input may come from anyone.
#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/json_format.h"
#include "kernels/simd.h"
#include "train/run_record.h"

namespace rung::train {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr JsonFormat kFormat{"rung-result", 1};
constexpr double kLargest = std::numeric_limits<double>::max();
constexpr uint64_t kMaxParams = uint64_t{1} << 53;  // exact as a double
constexpr size_t kMaxClasses = 256;                 // labels are bytes

bool is_sha256(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// The fields of a JSON object. A DataError names any field that is not as it should be.
class Fields {
 public:
  // `place` is the object's location for messages.
  Fields(const json& object, std::string place) : object_(object), place_(std::move(place)) {}

  const json& at(const char* name) const {
    const auto found = object_.is_object() ? object_.find(name) : object_.end();
    if (found == object_.end()) fail(name, "is missing");
    return *found;
  }

  bool has(const char* name) const { return object_.contains(name); }

  std::optional<double> percent_if_there(const char* name) const {
    return has(name) ? std::optional(number(name, 0, 100)) : std::nullopt;
  }

  // [kMaxClasses or fewer], each at most its limit.
  std::vector<int> counts(const char* name) const {
    const json& list = at(name);
    if (!list.is_array() || list.empty() || list.size() > kMaxClasses)
      fail(name, fmt::format("must be a list of 1 to {} numbers", kMaxClasses));
    std::vector<int> values;
    for (const json& value : list) {
      if (!value.is_number_unsigned() || value.get<uint64_t>() > INT_MAX)
        fail(name, fmt::format("must be a list of whole numbers from 0 to {}", INT_MAX));
      values.push_back(value.get<int>());
    }
    return values;
  }

  std::string text(const char* name) const {
    const json& value = at(name);
    if (!value.is_string()) fail(name, "must be text");
    return value.get<std::string>();
  }

  std::string sha256(const char* name) const {
    std::string value = text(name);
    if (!is_sha256(value)) fail(name, "must be a SHA-256");
    return value;
  }

  double number(const char* name, double low, double high) const {
    const json& value = at(name);
    const double number = value.is_number() ? value.get<double>() : std::nan("");
    if (!(number >= low && number <= high))
      fail(name, fmt::format("must be a number from {:g} to {:g}", low, high));
    return number;
  }

  uint64_t count(const char* name, uint64_t low, uint64_t high) const {
    const json& value = at(name);
    if (!value.is_number_unsigned() || value.get<uint64_t>() < low || value.get<uint64_t>() > high)
      fail(name, low == high ? fmt::format("must be {}", low)
                             : fmt::format("must be a whole number from {} to {}", low, high));
    return value.get<uint64_t>();
  }

 private:
  [[noreturn]] void fail(const char* name, const std::string& what) const {
    throw DataError(fmt::format("{}: `{}` {}", place_, name, what));
  }

  const json& object_;
  std::string place_;
};

json parse_object(std::string_view text, std::string_view place) {
  json value = parse_json(text);
  if (!value.is_object()) throw DataError(fmt::format("{}: not a JSON object", place));
  return value;
}

std::optional<ValidationRecord> parse_validation(const Fields& from) {
  if (!from.has("validation_loss")) return std::nullopt;
  return ValidationRecord{.loss = from.number("validation_loss", -kLargest, kLargest),
                          .accuracy = from.number("validation_accuracy", 0, 100),
                          .seconds = from.number("validation_seconds", 0, kLargest),
                          .balanced_accuracy = from.percent_if_there("balanced_validation_accuracy")};
}

EpochRecord parse_epoch(const json& object, const std::string& place, size_t number) {
  const Fields from(object, place);
  return {.epoch = static_cast<int>(from.count("epoch", number, number)),
          .lr = from.number("lr", 0, kLargest),
          .train_loss = from.number("train_loss", -kLargest, kLargest),
          .train_accuracy = from.number("train_accuracy", 0, 100),
          .test_loss = from.number("test_loss", -kLargest, kLargest),
          .test_accuracy = from.number("test_accuracy", 0, 100),
          .train_seconds = from.number("train_seconds", 0, kLargest),
          .test_seconds = from.number("test_seconds", 0, kLargest),
          .weights_sha256 = from.sha256("weights_sha256"),
          .validation = parse_validation(from),
          .balanced_test_accuracy = from.percent_if_there("balanced_test_accuracy")};
}

std::vector<EpochRecord> parse_epochs(const json& list, std::string_view source) {
  if (!list.is_array() || list.empty())
    throw DataError(fmt::format("{}: `epochs` must be a list that is not empty", source));
  std::vector<EpochRecord> epochs;
  for (const json& epoch : list) {
    const size_t number = epochs.size() + 1;
    epochs.push_back(parse_epoch(epoch, fmt::format("{}: epoch {}", source, number), number));
  }
  return epochs;
}

Machine parse_machine(const json& object, std::string_view source) {
  const Fields from(object, fmt::format("{}: machine", source));
  return {from.text("cpu"), kernels::simd_name(from.text("simd")),
          static_cast<int>(from.count("threads", 1, INT_MAX))};
}

// Whether an evaluation of that many images can give such counts.
bool is_possible(const ClassResults& results, int images) {
  if (results.correct.size() != results.classes() || results.predicted.size() != results.classes())
    return false;
  int64_t of_all = 0;
  int64_t predicted = 0;
  for (size_t k = 0; k < results.classes(); ++k) {
    if (results.correct[k] > std::min(results.images[k], results.predicted[k])) return false;
    of_all += results.images[k];
    predicted += results.predicted[k];
  }
  return of_all == images && predicted == images;
}

std::optional<ClassResults> parse_classes(const Fields& from, const char* name, int images,
                                          std::string_view source) {
  if (!from.has(name)) return std::nullopt;
  const Fields counts(from.at(name), fmt::format("{}: {}", source, name));
  ClassResults results{counts.counts("images"), counts.counts("correct"), counts.counts("predicted")};
  if (!is_possible(results, images))
    throw DataError(fmt::format("{}: `{}` are not the counts of {} images", source, name, images));
  return results;
}

ordered_json to_json(const ClassResults& results) {
  return {{"images", results.images}, {"correct", results.correct}, {"predicted", results.predicted}};
}

// Null for a class without images.
ordered_json recalls(const ClassResults& results) {
  ordered_json list = ordered_json::array();
  for (size_t k = 0; k < results.classes(); ++k) {
    const auto recall = results.recall(k);
    list.push_back(recall ? ordered_json(*recall) : ordered_json(nullptr));
  }
  return list;
}

// What of a run's result is about its classes.
void add_classes(const RunRecord& record, ordered_json& result) {
  if (const auto& balanced = record.epochs.back().balanced_test_accuracy)
    result["final_balanced_test_accuracy"] = *balanced;
  if (const auto& validation = record.epochs.back().validation; validation && validation->balanced_accuracy)
    result["final_balanced_validation_accuracy"] = *validation->balanced_accuracy;
  if (record.test_classes) {
    result["test_recall"] = recalls(*record.test_classes);
    result["test_classes"] = to_json(*record.test_classes);
  }
  if (record.train_classes) result["train_classes"] = to_json(*record.train_classes);
}

}  // namespace

ordered_json to_json(const EpochRecord& epoch) {
  ordered_json json{{"epoch", epoch.epoch},           {"lr", epoch.lr},
                    {"train_loss", epoch.train_loss}, {"train_accuracy", epoch.train_accuracy},
                    {"test_loss", epoch.test_loss},   {"test_accuracy", epoch.test_accuracy}};
  if (epoch.balanced_test_accuracy) json["balanced_test_accuracy"] = *epoch.balanced_test_accuracy;
  json["train_seconds"] = epoch.train_seconds;
  json["test_seconds"] = epoch.test_seconds;
  if (epoch.validation) {
    json["validation_loss"] = epoch.validation->loss;
    json["validation_accuracy"] = epoch.validation->accuracy;
    if (epoch.validation->balanced_accuracy)
      json["balanced_validation_accuracy"] = *epoch.validation->balanced_accuracy;
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

std::vector<EpochRecord> parse_json_lines(std::string_view text, std::string_view source, int first) {
  std::vector<EpochRecord> epochs;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    const std::string place = fmt::format("{}: line {}", source, epochs.size() + 1);
    epochs.push_back(
        parse_epoch(parse_object(line, place), place, static_cast<size_t>(first) + epochs.size()));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return epochs;
}

ordered_json to_json(const RunRecord& record) {
  ordered_json epochs = ordered_json::array();
  for (const EpochRecord& epoch : record.epochs) epochs.push_back(to_json(epoch));
  ordered_json json = kFormat.begin();
  json.update({{"recipe", record.recipe},
               {"title", record.title},
               {"seed", record.seed},
               {"params", record.params},
               {"train_images", record.train_images},
               {"test_images", record.test_images}});
  if (!record.data_sha256.empty()) json["data_sha256"] = record.data_sha256;
  json.update({{"best_epoch", record.best().epoch},
               {"best_test_accuracy", record.best().test_accuracy},
               {"final_test_accuracy", record.final_test_accuracy()},
               {"mean_last3_test_accuracy", record.mean_last3_test_accuracy()}});
  if (record.validation_images > 0) {
    json["validation_images"] = record.validation_images;
    json["best_validation_epoch"] = record.chosen().epoch;
    json["best_validation_accuracy"] = record.chosen().choosing_accuracy();
    json["final_validation_accuracy"] = record.epochs.back().choosing_accuracy();
    json["test_accuracy_at_best_validation"] = record.chosen().test_accuracy;
  }
  if (record.trained_weights_test_accuracy)
    json["trained_weights_test_accuracy"] = *record.trained_weights_test_accuracy;
  add_classes(record, json);
  json.update(
      {{"best_train_accuracy", record.best_train_accuracy()},
       {"train_accuracy_evaluated", record.train_accuracy_evaluated},
       {"overfitting_gap", record.overfitting_gap()},
       {"train_evaluation_seconds", record.train_evaluation_seconds},
       {"train_seconds", record.train_seconds()},
       {"total_seconds", record.total_seconds()},
       {"weights_sha256", record.weights_sha256},
       {"machine",
        {{"cpu", record.machine.cpu}, {"simd", record.machine.simd}, {"threads", record.machine.threads}}},
       {"epochs", epochs}});
  return json;
}

RunRecord parse_result(std::string_view text, std::string_view source) {
  const json object = parse_object(text, source);
  const Fields from(object, std::string(source));
  if (from.text("format") != kFormat.name)
    throw DataError(fmt::format("{}: not the result of a run", source));
  from.count("version", kFormat.version, kFormat.version);
  const auto train_images = static_cast<int>(from.count("train_images", 1, INT_MAX));
  const auto test_images = static_cast<int>(from.count("test_images", 1, INT_MAX));
  return {.recipe = from.text("recipe"),
          .title = from.text("title"),
          .seed = from.count("seed", 0, std::numeric_limits<uint64_t>::max()),
          .params = static_cast<int64_t>(from.count("params", 0, kMaxParams)),
          .train_images = train_images,
          .validation_images = from.has("validation_images")
                                   ? static_cast<int>(from.count("validation_images", 1, INT_MAX))
                                   : 0,
          .test_images = test_images,
          .data_sha256 = from.has("data_sha256") ? from.sha256("data_sha256") : "",
          .epochs = parse_epochs(from.at("epochs"), source),
          .train_accuracy_evaluated = from.number("train_accuracy_evaluated", 0, 100),
          .train_evaluation_seconds =
              from.has("train_evaluation_seconds") ? from.number("train_evaluation_seconds", 0, kLargest) : 0,
          .weights_sha256 = from.sha256("weights_sha256"),
          .machine = parse_machine(from.at("machine"), source),
          .test_classes = parse_classes(from, "test_classes", test_images, source),
          .train_classes = parse_classes(from, "train_classes", train_images, source),
          .trained_weights_test_accuracy = from.percent_if_there("trained_weights_test_accuracy")};
}

}  // namespace rung::train

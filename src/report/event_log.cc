#include "report/event_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/all_finite.h"
#include "base/file.h"
#include "base/require.h"
#include "data/class_names.h"
#include "ladder/markdown.h"
#include "report/event.pb.h"
#include "report/event_images.h"
#include "report/learning_rates.h"
#include "report/prediction_quality.h"
#include "report/record_file.h"

namespace rung::report {
namespace {

namespace fs = std::filesystem;

// TensorBoard takes every file with "tfevents" in its name, in the order of the names.
constexpr std::string_view kNameStart = "events.out.tfevents.";
constexpr std::string_view kFileVersion = "brain.Event:2";
constexpr int kBuckets = 64;

std::string file_name(int first_epoch) {
  return fmt::format("{}{:06}", kNameStart, first_epoch);
}

bool is_our_name(std::string_view name) {
  if (!name.starts_with(kNameStart)) return false;
  name.remove_prefix(kNameStart.size());
  return name.size() >= 6 && name.find_first_not_of("0123456789") == std::string_view::npos;
}

proto::Event event_now(int64_t step) {
  using Seconds = std::chrono::duration<double>;
  proto::Event event;
  event.set_wall_time(Seconds(std::chrono::system_clock::now().time_since_epoch()).count());
  event.set_step(step);
  return event;
}

void add_scalar(proto::Summary& summary, const std::string& tag, double number) {
  proto::Value& value = *summary.add_value();
  value.set_tag(tag);
  value.set_scalar(static_cast<float>(number));
}

void add_image(proto::Summary& summary, const std::string& tag, const data::Image& picture) {
  const std::vector<std::byte> png = data::encode_png(picture);
  proto::Value& value = *summary.add_value();
  value.set_tag(tag);
  proto::Image& image = *value.mutable_image();
  image.set_height(picture.height);
  image.set_width(picture.width);
  image.set_colour_channels(picture.channels);
  image.set_encoded(png.data(), png.size());
}

// Markdown, for the page of texts.
void add_text(proto::Summary& summary, const std::string& tag, const std::string& markdown) {
  proto::Value& value = *summary.add_value();
  value.set_tag(tag);
  value.mutable_metadata()->mutable_plugin()->set_name("text");
  proto::Tensor& tensor = *value.mutable_tensor();
  tensor.set_type(proto::Tensor::STRING);
  tensor.mutable_shape()->add_extent()->set_size(1);
  tensor.add_text(markdown);
}

// What the numbers in the pictures stand for.
std::string table_of(const std::vector<std::string>& classes) {
  std::string table = "| number | class |\n|---:|---|\n";
  for (size_t label = 0; label < classes.size(); ++label)
    table += fmt::format("| {} | {} |\n", label, ladder::escaped(classes[label]));
  return table;
}

// Equal buckets from the smallest value to the largest. Precondition: there is a value, and all are finite.
void fill(proto::Histogram& histogram, std::span<const float> values) {
  RUNG_REQUIRE(!values.empty() && all_finite(values));
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  const double low = *least;
  const double width = (double{*most} - low) / kBuckets;
  std::vector<double> counts(width > 0 ? kBuckets : 1);
  double sum = 0;
  double squares = 0;
  for (const double value : values) {
    const auto bucket = width > 0 ? static_cast<size_t>((value - low) / width) : 0;
    ++counts[std::min(bucket, counts.size() - 1)];
    sum += value;
    squares += value * value;
  }
  histogram.set_min(low);
  histogram.set_max(*most);
  histogram.set_count(static_cast<double>(values.size()));
  histogram.set_sum(sum);
  histogram.set_sum_of_squares(squares);
  for (size_t bucket = 0; bucket < counts.size(); ++bucket) {
    const bool last = bucket + 1 == counts.size();
    histogram.add_right_edge(last ? double{*most} : low + width * static_cast<double>(bucket + 1));
    histogram.add_bucket(counts[bucket]);
  }
}

// One histogram per tensor; none for a tensor with NaN or infinity.
void add_histograms(proto::Summary& summary, std::string_view what,
                    const std::vector<nn::TensorInfo>& tensors, std::span<const float> values) {
  for (const nn::TensorInfo& tensor : tensors) {
    const auto part = values.subspan(tensor.offset, tensor.size);
    if (!std::all_of(part.begin(), part.end(), [](float value) { return std::isfinite(value); })) continue;
    proto::Value& value = *summary.add_value();
    value.set_tag(fmt::format("{}/{}", what, tensor.name));
    fill(*value.mutable_histogram(), part);
  }
}

// `first_lr` is the rate of the epoch's first batch: beside the last one's it shows a warm-up.
void add_scalars(proto::Summary& summary, const train::EpochRecord& epoch, double first_lr,
                 int train_images) {
  add_scalar(summary, "loss/train", epoch.train_loss);
  add_scalar(summary, "loss/test", epoch.test_loss);
  add_scalar(summary, "accuracy/train", epoch.train_accuracy);
  add_scalar(summary, "accuracy/test", epoch.test_accuracy);
  if (epoch.validation) {
    add_scalar(summary, "loss/validation", epoch.validation->loss);
    add_scalar(summary, "accuracy/validation", epoch.validation->accuracy);
  }
  add_scalar(summary, "learning_rate", epoch.lr);
  add_scalar(summary, "learning_rate_first_batch", first_lr);
  add_scalar(summary, "images_per_second", train_images / std::max(epoch.train_seconds, 1e-9));
}

// Of all classes, whether they have images or not, so that the pictures of all epochs are alike.
data::Image confusion_of(std::span<const uint8_t> labels, std::span<const uint8_t> predicted, int classes) {
  std::vector<size_t> all(static_cast<size_t>(classes));
  std::iota(all.begin(), all.end(), size_t{0});
  return confusion_picture(confusion(labels, predicted, classes), all);
}

void add_details(proto::Summary& summary, const train::Evaluation& test, const train::Trainer& trainer,
                 const data::Dataset& data) {
  add_image(summary, "confusion_matrix",
            confusion_of(data.test.labels, test.predicted, trainer.plan().classes));
  if (const auto mistakes = mistakes_picture(data.test, test.predicted))
    add_image(summary, "wrong_test_images", *mistakes);
  add_histograms(summary, "weights", trainer.plan().parameters, trainer.weights().parameters);
  // There is no gradient if the epoch's last batch ran in another process.
  if (const auto gradient = trainer.gradient(); !gradient.empty())
    add_histograms(summary, "gradients", trainer.plan().parameters, gradient);
}

// Whether the epoch has pictures and histograms: every one to the 100th, every tenth to the 1,000th and so
// on, and the last. They are large, and nobody looks at thousands.
bool has_details(int epoch, int epochs) {
  int step = 1;
  while (epoch > 100 * step) step *= 10;
  return epoch % step == 0 || epoch == epochs;
}

void append(RecordFile& file, const proto::Event& event) {
  file.append(event.SerializeAsString());
}

}  // namespace

EventLog::EventLog(fs::path run_folder) : folder_(std::move(run_folder)) {}

EventLog::~EventLog() = default;

// Files that begin later than this epoch would be read after the new one; one that begins with it is
// replaced.
void EventLog::start_at(int epoch) {
  const std::string name = file_name(epoch);
  std::error_code ignored;
  for (const auto& entry : entries_of(folder_, ignored)) {
    const std::string other = entry.filename().string();
    if (is_our_name(other) && other >= name) fs::remove(entry, ignored);
  }
  file_ = std::make_unique<RecordFile>(folder_ / name);
  proto::Event version = event_now(0);
  version.set_file_version(std::string(kFileVersion));
  append(*file_, version);
  if (epoch == 1) return;
  proto::Event start = event_now(epoch);
  start.mutable_session_log()->set_status(proto::SessionLog::START);
  append(*file_, start);
}

void EventLog::add_classes(const std::vector<std::string>& classes) {
  proto::Event event = event_now(0);
  add_text(*event.mutable_summary(), "classes", table_of(classes));
  append(*file_, event);
}

void EventLog::add_epoch(const train::EpochRecord& epoch, const train::Evaluation& test,
                         const train::Trainer& trainer, const data::Dataset& data) {
  if (file_ == nullptr) start_at(epoch.epoch);
  if (epoch.epoch == 1 && data::has_class_names(trainer.experiment().dataset))
    add_classes(data::names_of_classes(trainer.experiment().dataset, trainer.plan().classes));
  proto::Event event = event_now(epoch.epoch);
  proto::Summary& summary = *event.mutable_summary();
  const double first_lr = learning_rate(trainer.experiment().training, trainer.batches_per_epoch(),
                                        int64_t{epoch.epoch - 1} * trainer.batches_per_epoch());
  add_scalars(summary, epoch, first_lr, trainer.training_images());
  if (has_details(epoch.epoch, trainer.experiment().training.epochs))
    add_details(summary, test, trainer, data);
  append(*file_, event);
  file_->sync();
}

}  // namespace rung::report

#include "inference_speed.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/philox.h"
#include "base/scratch_folder.h"
#include "base/text.h"
#include "data/dataset.h"
#include "data/image.h"
#include "export/onnx.h"
#include "export/onnx_runtime.h"
#include "nn/graph.h"
#include "quantise/integer_inference.h"
#include "quantise/quantise.h"
#include "train/logits.h"

namespace rung::app {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr int kMeasurements = 10;  // of a round: two of each of Rung's engines, three of each of the other's
constexpr int kWarmUpRuns = 20;
constexpr double kAlike = 1e-3;  // of the largest logit: far more than rounding

// Images [N][C][H][W] in every form that an engine takes.
struct RandomImages {
  data::Split pixels;
  std::vector<std::vector<uint8_t>> interleaved;  // [N][H][W][C], for integers
};

// The durations of repeated calls, in microseconds.
template <typename Act>
std::vector<double> durations(double seconds, Act act) {
  for (int i = 0; i < kWarmUpRuns; ++i) act();
  std::vector<double> all;
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  for (auto now = Clock::now(); all.empty() || now < end;) {
    act();
    const auto start = std::exchange(now, Clock::now());
    all.push_back(std::chrono::duration<double, std::micro>(now - start).count());
  }
  return all;
}

RandomImages random_images(const nn::Shape& shape) {
  RandomImages images{{kBatchImages, shape.height, shape.width, {}, {}, shape.channels}, {}};
  RandomStream random(1, RandomPurpose::kInit);
  images.pixels.pixels.resize(static_cast<size_t>(kBatchImages * shape.elements()));
  for (uint8_t& pixel : images.pixels.pixels) pixel = static_cast<uint8_t>(random.below(256));
  for (size_t i = 0; i < kBatchImages; ++i)
    images.interleaved.push_back(
        data::from_planes(images.pixels.image(i), shape.height, shape.width, shape.channels).pixels);
  return images;
}

// With ranges measured on the images.
quantise::IntegerModel integers_of(const Subject& subject, const RandomImages& images) {
  const data::DatasetSpec& dataset = subject.recipe.dataset;
  const nn::graph::Graph folded =
      nn::graph::fold_batch_norms(nn::graph::make_graph(subject.recipe.model, subject.weights));
  train::BlockLoader loader(images.pixels.images(), dataset);
  const quantise::Activations activations(folded, kBatchImages, loader.in_order(0));
  return quantise::quantise(
      folded, subject.recipe.model, activations.ranges(0),
      {dataset.mean.value(), dataset.std.value(), optim::weight_bits_of(subject.recipe.training)});
}

// Rung's engines, from pixels to logits.
class FloatEngine {
 public:
  FloatEngine(const Subject& subject, const RandomImages& images, ThreadPool& pool)
      : subject_(subject),
        images_(images),
        one_(subject.plan, subject.weights, subject.recipe.dataset),
        batch_(subject.plan, pool) {}

  void run_image() { one_.of(images_.pixels.image(0)); }
  std::vector<float> run_batch() {
    return train::logits_of(images_.pixels.images(), subject_.recipe.dataset, batch_, subject_.weights);
  }

 private:
  const Subject& subject_;
  const RandomImages& images_;
  train::ImageLogits one_;
  nn::Inference batch_;
};

class IntegerEngine {
 public:
  IntegerEngine(const quantise::IntegerModel& model, const RandomImages& images, ThreadPool& pool)
      : model_(model), images_(images), pool_(pool) {
    for (int thread = 0; thread < pool.size(); ++thread) runners_.emplace_back(model);
  }

  void run_image() { runners_[0].run(images_.interleaved[0]); }
  std::vector<float> run_batch() {
    const auto classes = static_cast<size_t>(model_.classes);
    const double scale = model_.nodes.back().quantisation.scale;
    std::vector<float> all(kBatchImages * classes);
    pool_.for_each(kBatchImages, [&](int image, int thread) {
      const auto at = static_cast<size_t>(image);
      const auto logits = runners_[static_cast<size_t>(thread)].run(images_.interleaved[at]);
      for (size_t k = 0; k < classes; ++k) all[at * classes + k] = static_cast<float>(logits[k] * scale);
    });
    return all;
  }

 private:
  const quantise::IntegerModel& model_;
  const RandomImages& images_;
  ThreadPool& pool_;
  std::vector<quantise::IntegerInference> runners_;
};

template <typename RungEngine>
void measure_round(RungEngine& rung, double seconds, EngineSpeed& engine) {
  const std::vector<double> image = durations(seconds, [&] { rung.run_image(); });
  const std::vector<double> batch = durations(seconds, [&] { engine.logits = rung.run_batch(); });
  engine.rounds.push_back(
      {quantile(image, 0.5), quantile(image, 0.99), 1e6 * kBatchImages / quantile(batch, 0.5)});
}

// The exported models and their images, for ONNX Runtime.
exports::OnnxRuntimeTask write_task(const Subject& subject, const RandomImages& images,
                                    const std::optional<quantise::IntegerModel>& integers,
                                    const fs::path& folder) {
  exports::OnnxRuntimeTask task{
      .models = {folder / "float32.onnx"}, .images = folder / "images", .count = kBatchImages};
  replace_file(task.models[0], exports::to_onnx(subject.recipe, subject.weights, {}), Sync::kNone);
  if (integers) {
    task.models.push_back(folder / "int8.onnx");
    replace_file(
        task.models[1],
        exports::to_integer_onnx(subject.recipe, subject.weights, *integers, exports::IntegerForm::kQdq, {}),
        Sync::kNone);
  }
  const train::PixelValues values = train::pixel_values(subject.recipe.dataset, subject.plan.input.channels);
  const size_t plane = images.pixels.shape().plane();
  std::vector<float> normalised;
  for (size_t i = 0; i < images.pixels.pixels.size(); ++i)
    normalised.push_back(values[i / plane % values.size()][images.pixels.pixels[i]]);
  replace_file(task.images, std::as_bytes(std::span(normalised)), Sync::kNone);
  return task;
}

void add_round(const exports::OnnxRuntimeResult& result, std::span<EngineSpeed> engines) {
  for (size_t m = 0; m < engines.size(); ++m) {
    const exports::OnnxRuntimeSpeed& speed = result.models.at(m);
    engines[m].version = result.version;
    engines[m].rounds.push_back({speed.image_us, speed.image_us_99, speed.images_per_second});
    engines[m].run_us.push_back(speed.run_us);
    engines[m].logits = speed.logits;
  }
}

// Float logits differ by rounding alone; integer ones by steps of their scale, where ONNX Runtime rounds
// otherwise.
void require_agreement(const InferenceSpeeds& result) {
  if (result.other.empty()) return;
  const Agreement in_float = agreement_of(result.rung[0], result.other[0]);
  if (in_float.largest_difference > kAlike * (1 + in_float.largest_logit))
    throw DataError(
        fmt::format("ONNX Runtime {} computes other logits: one differs by {:.3g}, and the largest is {:.3g}",
                    result.other[0].version, in_float.largest_difference, in_float.largest_logit));
}

}  // namespace

double EngineSpeed::best(double Speed::*figure) const {
  std::vector<double> values;
  for (const Speed& round : rounds) values.push_back(round.*figure);
  return figure == &Speed::images_per_second ? std::ranges::max(values) : std::ranges::min(values);
}

double quantile(std::vector<double> values, double share) {
  std::ranges::sort(values);
  return values[static_cast<size_t>(share * static_cast<double>(values.size() - 1))];
}

Agreement agreement_of(const EngineSpeed& rung, const EngineSpeed& other) {
  const size_t classes = rung.logits.size() / kBatchImages;
  Agreement agreement;
  if (other.logits.size() != rung.logits.size()) return {.largest_difference = HUGE_VAL};
  for (size_t at = 0; at < rung.logits.size(); at += classes) {
    const auto a = std::span(rung.logits).subspan(at, classes);
    const auto b = std::span(other.logits).subspan(at, classes);
    agreement.same_classes +=
        std::ranges::max_element(a) - a.begin() == std::ranges::max_element(b) - b.begin();
    for (size_t k = 0; k < classes; ++k) {
      const double difference = std::abs(double{a[k]} - b[k]);
      agreement.largest_difference =
          std::isfinite(difference) ? std::max(agreement.largest_difference, difference) : HUGE_VAL;
      agreement.largest_logit = std::max(agreement.largest_logit, std::abs(double{a[k]}));
    }
  }
  return agreement;
}

InferenceSpeeds measure_inference(const Subject& subject, double seconds, ThreadPool& pool) {
  const RandomImages images = random_images(subject.plan.input);
  InferenceSpeeds result;
  std::optional<quantise::IntegerModel> integers;
  try {
    integers = integers_of(subject, images);
  } catch (const quantise::Unquantisable& error) {
    result.remarks.push_back(fmt::format("int8 is not measured: {}", error.what()));
  }
  FloatEngine in_float(subject, images, pool);
  std::optional<IntegerEngine> in_integers;
  result.rung.push_back({.type = "float32"});
  if (integers) in_integers.emplace(*integers, images, pool);
  if (integers) result.rung.push_back({.type = "int8"});
  const ScratchFolder scratch(fs::temp_directory_path(), "rung-bench");
  exports::OnnxRuntimeTask task = write_task(subject, images, integers, scratch.path());
  task.threads = pool.size();
  task.seconds = seconds / (kMeasuredRounds * kMeasurements);
  bool has_other = true;
  std::vector<EngineSpeed> other;
  for (const EngineSpeed& engine : result.rung) other.push_back({.type = engine.type});
  for (int round = 0; round < kMeasuredRounds; ++round) {
    measure_round(in_float, task.seconds, result.rung[0]);
    if (in_integers) measure_round(*in_integers, task.seconds, result.rung[1]);
    if (!has_other) continue;
    try {
      add_round(exports::time_onnx_runtime(task, scratch.path()), other);
    } catch (const exports::NoOnnxRuntime& error) {
      has_other = false;
      result.remarks.push_back(fmt::format("{}; {}", error.what(), error.hint()));
    }
  }
  if (has_other) result.other = std::move(other);
  require_agreement(result);
  return result;
}

}  // namespace rung::app

#include "bench_inference.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/text.h"
#include "inference_speed.h"
#include "kernels/peak.h"
#include "kernels/simd.h"
#include "ladder/job.h"
#include "nn/infer.h"
#include "table.h"
#include "terminal.h"
#include "train/checkpoint.h"
#include "train/run_directory.h"
#include "training.h"

namespace rung::app {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

Subject load(const std::string& model) {
  std::error_code ignored;
  if (!fs::is_directory(model, ignored)) {
    recipe::Recipe recipe = recipe::load(find_recipe(model));
    recipe.dataset.mean = recipe.dataset.mean.value_or(0.5);  // measured on images that are not needed here
    recipe.dataset.std = recipe.dataset.std.value_or(0.25);
    nn::Plan plan = nn::make_plan(recipe.model);
    nn::Weights weights = nn::initial_weights(plan, 1);
    return {std::move(recipe), std::move(plan), std::move(weights), false};
  }
  ladder::require_run(model);
  require_epochs(model, train::kCheckpointFile);
  recipe::Recipe recipe = recipe::load_stored(fs::path(model) / train::kRecipeFile);
  nn::Plan plan = nn::make_plan(recipe.model);
  nn::Weights weights =
      train::load_weights(plan, fs::path(model) / train::kCheckpointFile, recipe::to_toml(recipe));
  return {std::move(recipe), std::move(plan), std::move(weights), true};
}

struct Peaks {
  double one = 0;   // GFLOP/s of one thread
  double pool = 0;  // of all
};

Peaks measure_peaks(ThreadPool& pool) {
  ThreadPool one(1);
  return {kernels::peak_gflops(one), kernels::peak_gflops(pool)};
}

// The share of the peak of fused multiply-adds, in percent; of a multiply-accumulate in integers, too.
double image_share(const EngineSpeed& engine, double macs, const Peaks& peaks) {
  return 100 * 2e-3 * macs / engine.best(&Speed::image_us) / peaks.one;
}
double batch_share(const EngineSpeed& engine, double macs, const Peaks& peaks) {
  return 100 * 2e-9 * macs * engine.best(&Speed::images_per_second) / peaks.pool;
}

// How many times as fast Rung is.
double image_ratio(const EngineSpeed& rung, const EngineSpeed& other) {
  return other.best(&Speed::image_us) / rung.best(&Speed::image_us);
}
double batch_ratio(const EngineSpeed& rung, const EngineSpeed& other) {
  return rung.best(&Speed::images_per_second) / other.best(&Speed::images_per_second);
}

ordered_json json_of(const EngineSpeed& engine, const EngineSpeed& rung) {
  ordered_json json{{"engine", engine.is_rung() ? "rung" : "onnxruntime"},
                    {"type", engine.type},
                    {"image_us", engine.best(&Speed::image_us)},
                    {"image_us_99", engine.best(&Speed::image_us_99)},
                    {"images_per_second", engine.best(&Speed::images_per_second)}};
  if (engine.is_rung()) return json;
  const Agreement agreement = agreement_of(rung, engine);
  json["version"] = engine.version;
  json["run_us"] = std::ranges::min(engine.run_us);
  json["image_ratio"] = image_ratio(rung, engine);
  json["batch_ratio"] = batch_ratio(rung, engine);
  json["same_classes"] = agreement.same_classes;
  json["largest_difference"] = agreement.largest_difference;
  return json;
}

ordered_json json_of(const InferenceBench& options, const Subject& subject, int64_t macs, int threads,
                     const InferenceSpeeds& result, const Peaks& peaks) {
  ordered_json engines = ordered_json::array();
  for (size_t m = 0; m < result.rung.size(); ++m) {
    engines.push_back(json_of(result.rung[m], result.rung[m]));
    if (!result.other.empty()) engines.push_back(json_of(result.other[m], result.rung[m]));
  }
  ordered_json json{
      {"model", options.model}, {"recipe", subject.recipe.name},  {"trained", subject.is_trained},
      {"threads", threads},     {"simd", kernels::simd_target()}, {"batch", kBatchImages},
      {"macs", macs},           {"engines", std::move(engines)},  {"remarks", result.remarks}};
  if (options.peak) json["peak_gflops"] = {{"image", peaks.one}, {"batch", peaks.pool}};
  return json;
}

void print_table(int64_t macs, int threads, const InferenceSpeeds& result, const Peaks& peaks) {
  const char* ratio = result.other.empty() ? "" : "ratio";
  Table table({{.head = "", .left = true},
               {.head = "us/image"},
               {.head = "99 %", .rank = 1},
               {.head = "% FMA", .rank = 2},
               {.head = ratio},
               {.head = "images/s"},
               {.head = "% FMA", .rank = 2},
               {.head = ratio}});
  const auto share = [&](double value) { return peaks.one > 0 ? fmt::format("{:.0f}", value) : ""; };
  const auto add = [&](const EngineSpeed& engine, const EngineSpeed& rung) {
    const auto times = [&](double value) { return engine.is_rung() ? "" : fmt::format("{:.1f} x", value); };
    const auto flop = static_cast<double>(macs);
    table.add({engine.is_rung() ? engine.type : fmt::format("{}, ONNX Runtime", engine.type),
               fmt::format("{:.1f}", engine.best(&Speed::image_us)),
               fmt::format("{:.1f}", engine.best(&Speed::image_us_99)),
               share(image_share(engine, flop, peaks)), times(image_ratio(rung, engine)),
               with_commas(std::llround(engine.best(&Speed::images_per_second))),
               share(batch_share(engine, flop, peaks)), times(batch_ratio(rung, engine))});
  };
  for (size_t m = 0; m < result.rung.size(); ++m) {
    add(result.rung[m], result.rung[m]);
    if (!result.other.empty()) add(result.other[m], result.rung[m]);
  }
  say("One image in one thread (median, and what 99 % take at most); {} images in {}; the best of {} "
      "rounds\n\n",
      kBatchImages, counted(static_cast<size_t>(threads), "thread"), kMeasuredRounds);
  for (const Line& line : table.lines(talk_columns())) say_line(line);
}

void print(const Subject& subject, int64_t macs, int threads, const InferenceSpeeds& result,
           const Peaks& peaks) {
  say("{}{}: {} multiply-accumulates an image ({})\n", subject.recipe.name,
      subject.is_trained ? "" : ", untrained", with_commas(macs), kernels::simd_target());
  print_table(macs, threads, result, peaks);
  if (!result.other.empty()) {
    say("\nONNX Runtime {} with bound inputs and outputs. The same class in", result.other[0].version);
    for (size_t m = 0; m < result.other.size(); ++m)
      say("{} {} of {} images in {}", m == 0 ? "" : ",",
          agreement_of(result.rung[m], result.other[m]).same_classes, kBatchImages, result.other[m].type);
    say("; float32 logits differ by up to {:.1g}\n",
        agreement_of(result.rung[0], result.other[0]).largest_difference);
  }
  for (const std::string& remark : result.remarks) say("\n{}\n", remark);
}

}  // namespace

void bench_inference(const InferenceBench& options) {
  const Subject subject = load(options.model);
  ThreadPool pool = options.engine.make_pool();
  const int64_t macs = nn::infer(subject.recipe.model).macs;
  const InferenceSpeeds result = measure_inference(subject, options.seconds, pool);
  const Peaks peaks = options.peak ? measure_peaks(pool) : Peaks{};
  if (options.json) return write_json(json_of(options, subject, macs, pool.size(), result, peaks));
  print(subject, macs, pool.size(), result, peaks);
}

}  // namespace rung::app

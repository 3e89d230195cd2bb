// torch_peer: the ladder's models trained by libtorch, as the peer for Rung's speed. It prints the same
// figures as `rung bench`. With --epochs it trains whole epochs, and with --evaluate it prints their
// accuracy.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "batch_source.h"
#include "data/dataset.h"
#include "nn/infer.h"
#include "process_usage.h"
#include "recipe/recipe.h"
#include "torch_model.h"

namespace rung::bench {
namespace {

using Clock = std::chrono::steady_clock;

// Not counted, because torch and oneDNN choose and prepare their kernels in the first batches.
constexpr int kWarmUpBatches = 20;
constexpr int kTestBatch = 1000;

struct Options {
  int step = 1;
  int threads = 2;
  double seconds = 5;
  int epochs = 0;  // 0: as many batches as fit in `seconds`
  std::optional<uint64_t> seed;
  bool evaluate = false;
  bool json = false;
  bool no_onednn = false;
  bool tuned = false;
  std::string data_root;
};

// What --tuned changes, found with libtorch 1.13 and oneDNN 2.6 on two AVX-512 cores: relu in place makes a
// training step up to a tenth faster. Memory in the order channels_last doubles the speed of step 1; with
// batch norm it halves the speed, so the other steps stay contiguous. Without oneDNN everything is five times
// slower.
bool channels_last(const Options& options) {
  return options.tuned && options.step == 1;
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

int train_next(TorchModel& model, BatchSource& source) {
  TorchBatch& batch = source.next();
  model.train_batch(batch.pixels.data(), batch.labels.data(), batch.images);
  return batch.images;
}

// Images per second after a warm-up: the median over tenths of the time, as in `rung bench`.
double measure(TorchModel& model, BatchSource& source, double seconds) {
  for (int batch = 1; batch < kWarmUpBatches; ++batch) train_next(model, source);
  std::vector<double> speeds;
  const auto start = Clock::now();
  while (seconds_since(start) < seconds) {
    int images = 0;
    const auto stretch = Clock::now();
    while (seconds_since(stretch) < seconds / 10) images += train_next(model, source);
    speeds.push_back(images / seconds_since(stretch));
  }
  const auto middle = speeds.begin() + static_cast<std::ptrdiff_t>(speeds.size() / 2);
  std::nth_element(speeds.begin(), middle, speeds.end());
  return *middle;
}

// The mean over whole epochs, of which the first has begun.
double train_epochs(TorchModel& model, BatchSource& source, int epochs) {
  int64_t images = 0;
  const auto start = Clock::now();
  for (int epoch = 0; epoch < epochs; ++epoch) {
    do images += train_next(model, source);
    while (!source.epoch_ended());
  }
  return static_cast<double>(images) / seconds_since(start);
}

// Percent of the test images.
double test_accuracy(TorchModel& model, const recipe::Recipe& recipe, const data::Split& test) {
  int correct = 0;
  for (int first = 0; first < test.count; first += kTestBatch) {
    TorchBatch batch = plain_batch(recipe, test, first, std::min(kTestBatch, test.count - first));
    correct += model.count_correct(batch.pixels.data(), batch.labels.data(), batch.images);
  }
  return 100.0 * correct / test.count;
}

// The peer must train the recipe's model, or the comparison means nothing.
void require_same_model(const TorchModel& model, const recipe::Recipe& recipe) {
  const int64_t expected = nn::infer(recipe.model).params;
  if (model.parameters() == expected) return;
  throw Error(fmt::format("libtorch's model has {} parameters, but that of {} has {}", model.parameters(),
                          recipe.name, expected));
}

nlohmann::ordered_json run(const Options& options) {
  recipe::Recipe recipe =
      recipe::load(fmt::format("{}/recipes/ladder/step{}.toml", RUNG_SOURCE_DIR, options.step));
  recipe.seed = options.seed.value_or(recipe.seed);
  const data::Dataset data = options.data_root.empty()
                                 ? data::load_dataset(recipe.dataset.name)
                                 : data::load_dataset(recipe.dataset.name, options.data_root);
  TorchModel model({.step = options.step,
                    .threads = options.threads,
                    .seed = recipe.seed,
                    .lr = optim::lr_of(recipe.training.optimizer),
                    .momentum = optim::momentum_of(recipe.training.optimizer),
                    .channels_last = channels_last(options),
                    .inplace_relu = options.tuned,
                    .onednn = !options.no_onednn});
  require_same_model(model, recipe);
  BatchSource source(recipe, data.train, options.threads);
  nlohmann::ordered_json figures = {
      {"recipe", recipe.name}, {"threads", options.threads}, {"version", "libtorch " + torch_version()}};
  train_next(model, source);
  figures["first_batch_seconds"] = seconds_since_process_start();
  figures["images_per_second"] = options.epochs > 0 ? train_epochs(model, source, options.epochs)
                                                    : measure(model, source, options.seconds);
  figures["peak_rss_mib"] = peak_resident_mib();
  if (options.evaluate) figures["test_accuracy"] = test_accuracy(model, recipe, data.test);
  return figures;
}

void print(const nlohmann::ordered_json& figures, bool json) {
  if (json) {
    fmt::print("{}\n", figures.dump());
    return;
  }
  for (const auto& [name, value] : figures.items()) fmt::print("{:<20} {}\n", name, value.dump());
}

void declare(CLI::App& app, Options& options) {
  app.add_option("--step", options.step, "Step of the ladder")->check(CLI::Range(1, 5));
  app.add_option("--threads", options.threads, "Threads")->check(CLI::Range(1, 1024));
  app.add_option("--seconds", options.seconds, "How long to measure")->check(CLI::PositiveNumber);
  app.add_option("--epochs", options.epochs, "Train for this many epochs instead")
      ->check(CLI::PositiveNumber);
  app.add_option("--data", options.data_root, "Folder of the datasets (default: $RUNG_DATA, or ./data)");
  app.add_option("--seed", options.seed, "Seed of all random numbers (default: the recipe's)");
  app.add_flag("--evaluate", options.evaluate, "Classify the test images at the end");
  app.add_flag("--json", options.json, "Print one JSON object");
  app.add_flag("--tuned", options.tuned, "The fastest settings instead of torch's defaults");
  app.add_flag("--no-onednn", options.no_onednn, "Use torch's own convolutions");
}

}  // namespace
}  // namespace rung::bench

int main(int argc, char** argv) {
  using namespace rung::bench;
  try {
    CLI::App app("Trains a step of the ladder with libtorch and says how fast.", "torch_peer");
    Options options;
    declare(app, options);
    CLI11_PARSE(app, argc, argv);
    print(run(options), options.json);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "torch_peer: error: {}\n", error.what());
    return 1;
  }
}

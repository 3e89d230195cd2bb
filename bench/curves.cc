// curves: how the cost of training grows. Starting from step 3, it varies one thing at a time (batch size,
// channel width, image size, number of images, threads), runs `rung bench` at every point, and writes a TSV
// with one row per point. The points take turns, round after round, so that a slow minute of the machine does
// not distort a single curve.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <variant>

#include "base/error.h"
#include "base/file.h"
#include "base/thread_pool.h"
#include "bench/child.h"
#include "bench/samples.h"
#include "bench/temporary_folder.h"
#include "data/dataset.h"
#include "recipe/recipe.h"

namespace rung::bench {
namespace {

namespace fs = std::filesystem;
using recipe::Recipe;

constexpr int kResizedImages = 4096;
constexpr int kTestImages = 256;

struct Options {
  std::string rung;
  std::string out = "curves.tsv";
  std::string data_root;
  double seconds = 2;
  int rounds = 3;
  int threads = 2;
};

// One point of one curve: a recipe in a file, and its results.
struct Point {
  std::string curve;
  double value = 0;
  int threads = 0;
  fs::path recipe;
  std::vector<nlohmann::ordered_json> runs;

  std::vector<double> figures(const std::string& name) const {
    std::vector<double> values;
    for (const auto& run : runs) values.push_back(run.at(name).get<double>());
    return values;
  }
};

// The points, with the datasets and TOML files that their recipes need, in a folder that is removed at the
// end.
class Points {
 public:
  Points(const Options& options, const TemporaryFolder& folder)
      : options_(options),
        folder_(folder.path()),
        mnist_(options.data_root.empty() ? data::load_dataset("mnist")
                                         : data::load_dataset("mnist", options.data_root)),
        step3_(recipe::load(RUNG_SOURCE_DIR "/recipes/ladder/step3.toml")) {}

  std::vector<Point> all() {
    for (const int size : {16, 32, 64, 128, 256, 512, 1024}) add_batch_size(size);
    for (const int tenths : {4, 8, 12, 16, 20, 24, 28, 32}) add_width(tenths / 10.0);
    for (const int size : {14, 20, 28, 36, 42, 48, 56}) add_image_size(size);
    for (const int count : {1000, 2000, 5000, 10000, 20000, 40000, 60000}) add_image_count(count);
    for (int threads = 1; threads <= options_.threads; ++threads) add("threads", threads, step3_, threads);
    return std::move(points_);
  }

 private:
  void add_batch_size(int size) {
    Recipe recipe = step3_;
    recipe.training.batch_size = size;
    add("batch_size", size, recipe, options_.threads);
  }

  // The outputs of every convolution except the last, whose outputs are the classes.
  void add_width(double factor) {
    Recipe recipe = step3_;
    for (size_t i = 0; i + 1 < recipe.model.layers.size(); ++i) {
      if (auto* conv = std::get_if<nn::Conv2d>(&recipe.model.layers[i]))
        conv->out_channels = static_cast<int>(std::lround(conv->out_channels * factor));
    }
    add("width", factor, recipe, options_.threads);
  }

  // Step 3 with padding, so that small images reach the end, and with global average pooling instead of the
  // 6x6 kernel, so that the last layer's share does not depend on the size.
  void add_image_size(int size) {
    Recipe recipe = step3_;
    for (nn::LayerSpec& layer : recipe.model.layers) {
      if (auto* conv = std::get_if<nn::Conv2d>(&layer)) conv->padding = {1, 1};
    }
    recipe.model.layers.back() = nn::AdaptiveAvgPool2d{};
    recipe.model.layers.emplace_back(nn::Conv2d{
        .out_channels = 10, .kernel_size = {}, .stride = {}, .padding = {0, 0}, .groups = 1, .bias = false});
    use_dataset(recipe, kResizedImages, size);
    add("image_size", size, recipe, options_.threads);
  }

  void add_image_count(int count) {
    Recipe recipe = step3_;
    use_dataset(recipe, count, mnist_.train.height);
    add("images", count, recipe, options_.threads);
  }

  void add(const std::string& curve, double value, Recipe recipe, int threads) {
    const fs::path path = folder_ / fmt::format("{}-{}.toml", curve, value);
    recipe.name = path.stem().string();
    recipe.title = recipe.name;
    recipe.targets.clear();
    recipe.reference.reset();
    replace_file(path, recipe::to_toml(recipe));
    points_.push_back({.curve = curve, .value = value, .threads = threads, .recipe = path, .runs = {}});
  }

  // MNIST's first `count` training images, resized to `size` x `size`.
  void use_dataset(Recipe& recipe, int count, int size) {
    const fs::path path = folder_ / fmt::format("images-{}-{}", count, size);
    recipe.dataset.name = path.string();
    recipe.model.input = {1, size, size};
    recipe.model.classes = mnist_.classes;
    fs::create_directories(path);
    write_split(mnist_.train, count, size, path, data::kTrainImages, data::kTrainLabels);
    write_split(mnist_.test, kTestImages, size, path, data::kTestImages, data::kTestLabels);
  }

  static void write_split(const data::Split& split, int count, int size, const fs::path& path,
                          data::DatasetFile images, data::DatasetFile labels) {
    std::string pixels = idx_header({count, size, size});
    for (int image = 0; image < count; ++image) append_resized(split, image, size, pixels);
    replace_file(path / data::kFileNames[images], pixels);
    replace_file(path / data::kFileNames[labels],
                 idx_header({count}) + std::string(split.labels.begin(), split.labels.begin() + count));
  }

  // Magic number (bytes, number of dimensions) and the dimensions, each big-endian in four bytes.
  static std::string idx_header(const std::vector<int>& dimensions) {
    std::string header = {0, 0, 8, static_cast<char>(dimensions.size())};
    for (const int dimension : dimensions) {
      for (int shift = 24; shift >= 0; shift -= 8) header += static_cast<char>(dimension >> shift & 0xFF);
    }
    return header;
  }

  // The nearest pixel of the original.
  static void append_resized(const data::Split& split, int image, int size, std::string& pixels) {
    const uint8_t* from = split.pixels.data() + static_cast<ptrdiff_t>(image) * split.height * split.width;
    for (int y = 0; y < size; ++y) {
      for (int x = 0; x < size; ++x)
        pixels += static_cast<char>(from[y * split.height / size * split.width + x * split.width / size]);
    }
  }

  const Options& options_;
  fs::path folder_;
  data::Dataset mnist_;
  Recipe step3_;
  std::vector<Point> points_;
};

void run_once(Point& point, const Options& options) {
  std::vector<std::string> command = {options.rung,
                                      "bench",
                                      point.recipe.string(),
                                      "--threads",
                                      fmt::format("{}", point.threads),
                                      "--seconds",
                                      fmt::format("{}", options.seconds),
                                      "--json"};
  if (!options.data_root.empty()) command.insert(command.end(), {"--data", options.data_root});
  point.runs.push_back(
      run_json_child(command, {"images_per_second", "gflops", "peak_gflops", "peak_rss_mib"}));
}

std::string tsv(const std::vector<Point>& points) {
  std::string text =
      "curve\tvalue\tthreads\timages_per_second\tmin\tmax\tgflops\tshare_of_peak\tpeak_rss_mib\tothers\n";
  for (const Point& point : points) {
    const Spread speed = spread_of(point.figures("images_per_second"));
    text += fmt::format(
        "{}\t{}\t{}\t{:.1f}\t{:.1f}\t{:.1f}\t{:.2f}\t{:.4f}\t{:.1f}\t{:.2f}\n", point.curve, point.value,
        point.threads, speed.median, speed.min, speed.max, spread_of(point.figures("gflops")).median,
        spread_of(ratios(point.figures("gflops"), point.figures("peak_gflops"))).median,
        spread_of(point.figures("peak_rss_mib")).median, spread_of(point.figures("others")).max);
  }
  return text;
}

void run(const Options& options) {
  const TemporaryFolder folder;
  std::vector<Point> points = Points(options, folder).all();
  for (int round = 1; round <= options.rounds; ++round) {
    for (Point& point : points) {
      fmt::print(stderr, "round {} of {}: {} {}\n", round, options.rounds, point.curve, point.value);
      run_once(point, options);
    }
  }
  replace_file(options.out, tsv(points));
  fmt::print("{}\nWritten to {}\n", tsv(points), options.out);
}

void declare(CLI::App& app, Options& options) {
  app.add_option("--rung", options.rung, "The program rung")->required();
  app.add_option("--out", options.out, "File to write");
  app.add_option("--data", options.data_root, "Folder of the datasets (default: $RUNG_DATA, or ./data)");
  app.add_option("--seconds", options.seconds, "Seconds a run")->check(CLI::PositiveNumber);
  app.add_option("--rounds", options.rounds, "Rounds")->check(CLI::Range(1, 1000));
  app.add_option("--threads", options.threads, "Threads, but for the curve over them")
      ->check(CLI::Range(1, 1024));
}

}  // namespace
}  // namespace rung::bench

int main(int argc, char** argv) {
  using namespace rung::bench;
  try {
    CLI::App app("Measures how the cost of training grows with sizes and threads.", "curves");
    Options options;
    declare(app, options);
    CLI11_PARSE(app, argc, argv);
    run(options);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "curves: error: {}\n", error.what());
    return 1;
  }
}

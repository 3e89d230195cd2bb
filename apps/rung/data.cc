// rung data fetch|info|show
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "commands.h"
#include "data/augment.h"
#include "data/fetch.h"
#include "data/png.h"
#include "data/statistics.h"
#include "display.h"
#include "interrupt.h"
#include "ladder/changes.h"
#include "options.h"
#include "terminal.h"

namespace rung::app {
namespace {

using nlohmann::ordered_json;

constexpr const char* kKnown = "A known dataset";
constexpr const char* kAny = "A known dataset, or a folder of IDX files (with a /)";
constexpr int kRows = 6;
constexpr int kColumns = 10;
constexpr int kLargestShown = 3000;  // pixels on a side: a PNG of ten is at most 2^15 wide

struct Options {
  std::string name = "mnist";
  std::string data_root;
  std::string from;
  std::string recipe;
  std::string out = "digits.png";
  uint64_t seed = 1;
  OutputOptions output;

  std::filesystem::path root() const {
    return data_root.empty() ? data::default_root() : std::filesystem::path(data_root);
  }
};

// Thrown out of the fetching when a signal asks for the end.
struct Halt {};

data::FetchResult fetch_with_bar(const Options& options) {
  const InterruptGuard guard;
  TransferDisplay display;
  data::FetchOptions fetch_options;
  if (!options.from.empty()) fetch_options.from = options.from;
  fetch_options.progress = [&](const data::FetchProgress& progress) {
    if (InterruptGuard::signal() != 0) throw Halt();
    display.show(progress.source, progress.file, progress.done, progress.total);
  };
  std::string done = "nothing was fetched";
  try {
    data::FetchResult result = data::fetch(options.name, options.root(), fetch_options);
    if (InterruptGuard::signal() == 0) return result;
    done = fmt::format("{} is in {}", options.name, result.folder.string());
  } catch (const Halt&) {
  } catch (const IoError&) {  // perhaps because the signal ended npm as well
    if (InterruptGuard::signal() == 0) throw;
  }
  throw Interrupted(InterruptGuard::signal(), "interrupted; " + done, "");
}

void fetch(const Options& options) {
  const data::FetchResult result = fetch_with_bar(options);
  if (!options.from.empty() && !result.failures.empty()) warn(result.failures.front());
  if (result.already_present) {
    say("{} is in {}, verified\n", options.name, result.folder.string());
  } else {
    say("{} is now in {}, verified, from {}\n", options.name, result.folder.string(), result.source);
  }
}

// What `info` tells of a dataset.
struct Description {
  data::Dataset dataset;
  data::DatasetSpec spec;        // by which pixels are normalised
  data::PixelStatistics pixels;  // normalised
  double stroke_width = 0;

  // Of the pixels from 0 to 1, which is what a recipe normalises with.
  double mean() const { return pixels.mean * spec.std + spec.mean; }
  double std() const { return pixels.std * spec.std; }
};

Description describe(const Options& options) {
  Description result;
  result.dataset = data::load_dataset(options.name, options.root());
  result.spec.name = options.name;
  result.pixels = data::normalised_statistics(result.dataset.train.pixels, result.spec);
  result.stroke_width = data::stroke_width(result.dataset.train);
  return result;
}

void print_split(const char* name, const data::Split& split, int classes) {
  say("{}: {} images of {}×{}, uint8\n", name, ladder::with_commas(split.count), split.height, split.width);
  say("  images of class 0 to {}: {}\n", classes - 1,
      fmt::join(data::class_counts(split.labels, classes), " "));
}

ordered_json split_json(const data::Split& split, int classes) {
  return {{"images", split.count},
          {"height", split.height},
          {"width", split.width},
          {"class_counts", data::class_counts(split.labels, classes)}};
}

ordered_json to_json(const Description& description) {
  const auto& [dataset, spec, pixels, stroke_width] = description;
  return {{"dataset", dataset.name},
          {"classes", dataset.classes},
          {"train", split_json(dataset.train, dataset.classes)},
          {"test", split_json(dataset.test, dataset.classes)},
          {"train_pixels_0_to_1", {{"mean", description.mean()}, {"std", description.std()}}},
          {"normalisation", {{"mean", spec.mean}, {"std", spec.std}}},
          {"train_pixels",
           {{"min", pixels.min}, {"max", pixels.max}, {"mean", pixels.mean}, {"std", pixels.std}}},
          {"stroke_width", stroke_width}};
}

void info(const Options& options) {
  options.output.apply();
  const Description description = describe(options);
  if (options.output.json) return write_json(to_json(description));
  const auto& [dataset, spec, pixels, stroke_width] = description;
  say("{}: {} classes\n", dataset.name, dataset.classes);
  print_split("train", dataset.train, dataset.classes);
  print_split("test", dataset.test, dataset.classes);
  say("training pixels, from 0 to 1: mean = {:.4f}, std = {:.4f}\n", description.mean(), description.std());
  say("normalised with mean {} and std {}: min {:.4f}, max {:.4f}, mean {:.4f}, std "
      "{:.4f}\n",
      spec.mean, spec.std, pixels.min, pixels.max, pixels.mean, pixels.std);
  say("stroke width, if the training images are drawings: {:.2f} pixels on average\n", stroke_width);
}

// The first 60 training images, as the recipe's first epoch would vary them.
void show(const Options& options) {
  std::vector<data::Transform> transforms;
  data::DatasetSpec normalisation;
  if (!options.recipe.empty()) {
    const recipe::Recipe recipe = recipe::load(find_recipe(options.recipe));
    transforms = recipe.augment;
    normalisation = recipe.dataset;
  }
  const data::Dataset dataset = data::load_dataset(options.name, options.root());
  const data::Split& split = dataset.train;
  const size_t size = static_cast<size_t>(split.height) * static_cast<size_t>(split.width);
  const auto count = static_cast<size_t>(std::min(kRows * kColumns, split.count));
  std::vector<uint8_t> images(split.pixels.begin(),
                              split.pixels.begin() + static_cast<std::ptrdiff_t>(count * size));
  data::Augmenter augmenter(transforms, split.height, split.width);
  for (size_t image = 0; image < count && !transforms.empty(); ++image) {
    RandomStream random(options.seed, RandomPurpose::kAugment, static_cast<uint32_t>(image), 0);
    augmenter.apply(split.pixels.data() + image * size, images.data() + image * size, random);
    for (const data::Erasure& erasure : augmenter.erasures())
      data::erase_pixels(erasure, normalisation, split.width, images.data() + image * size);
  }
  if (std::max(split.height, split.width) > kLargestShown)
    throw UsageError(fmt::format("images of {}×{} are too large for a grid", split.height, split.width));
  const int scale = std::max(1, 84 / std::max(split.height, split.width));
  const data::GridLayout layout{
      .rows = kRows, .columns = kColumns, .scale = scale, .margin = 4, .background = 96};
  data::write_png(options.out, data::image_grid(images, split.height, split.width, layout));
  say("The first {} training images of {}{} are in {}\n", count, dataset.name,
      transforms.empty() ? "" : " as " + options.recipe + " varies them", options.out);
}

CLI::App* add(CLI::App& data, const std::string& name, const std::string& about, const std::string& what,
              const std::shared_ptr<Options>& options) {
  CLI::App* command = data.add_subcommand(name, about);
  command->add_option("DATASET", options->name, what + "; default: mnist");
  command->add_option("--data", options->data_root, "Folder of the datasets (default: $RUNG_DATA, or ./data)")
      ->type_name("DIR");
  return command;
}

}  // namespace

void add_data(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* data = app.add_subcommand("data", "Fetch, describe or show a dataset");
  data->footer("Example:\n  rung data fetch mnist\n  rung data info mnist");

  CLI::App* fetch_command = add(*data, "fetch", "Download a dataset and verify it", kKnown, options);
  fetch_command->add_option("--from", options->from, "Try this folder or HTTPS address first")
      ->type_name("DIR|URL");
  fetch_command->footer(
      "Example:\n  rung data fetch mnist\n  rung data fetch mnist --from ~/Downloads/mnist");
  fetch_command->callback([options] { fetch(*options); });

  CLI::App* info_command = add(*data, "info", "Print shapes, value ranges and class counts", kAny, options);
  options->output.add_to(*info_command);
  info_command->footer("Example:\n  rung data info mnist");
  info_command->callback([options] { info(*options); });

  CLI::App* show_command = add(*data, "show", "Write a PNG grid of 6 x 10 training images", kAny, options);
  show_command->add_option("--augment", options->recipe, "Vary them as this recipe does")
      ->type_name("RECIPE");
  show_command->add_option("--seed", options->seed, "Seed of the variations (default: 1)")
      ->check(is_seed)
      ->type_name("N");
  show_command->add_option("--out", options->out, "File to write (default: digits.png)")->type_name("FILE");
  show_command->footer("Example:\n  rung data show --augment step5 --out varied.png");
  show_command->callback([options] { show(*options); });
}

}  // namespace rung::app

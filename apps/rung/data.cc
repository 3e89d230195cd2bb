// rung data fetch|info|show (list: data_list.cc, import: data_import.cc, check: data_check.cc)
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>

#include "base/error.h"
#include "base/text.h"
#include "commands.h"
#include "data.h"
#include "data/arrange.h"
#include "data/augment.h"
#include "data/examples.h"
#include "data/png.h"
#include "data/remarks.h"
#include "data/split_statistics.h"
#include "display.h"
#include "fetch/fetch.h"
#include "interrupt.h"
#include "options.h"
#include "terminal.h"

namespace rung::app {
namespace {

using nlohmann::ordered_json;

constexpr int kRows = 6;
constexpr int kColumns = 10;
constexpr int kLargestShown = 3000;  // pixels on a side: a PNG of ten is at most 2^15 wide

struct Options {
  DatasetOptions dataset;
  std::vector<std::string> names;  // of datasets to fetch
  std::string from;
  std::string recipe;
  std::string out = "digits.png";
  uint64_t seed = 1;
  OutputOptions output;
};

// Thrown to end a fetch after a signal.
struct Halt {};

// Whether one of the datasets still to be fetched comes from the same files.
bool is_needed_again(const data::DatasetInfo& info, std::span<const std::string> later) {
  return info.published && std::ranges::any_of(later, [&](const std::string& name) {
           const auto& published = data::find_dataset(name).published;
           return published && published->family == info.published->family;
         });
}

fetch::FetchResult fetch_with_bar(const Options& options, size_t which) {
  const std::string& name = options.names[which];
  const InterruptGuard guard;
  TransferDisplay transfers;
  CountDisplay counts;
  fetch::FetchOptions fetch_options;
  if (!options.from.empty()) fetch_options.from = options.from;
  fetch_options.keep_downloads =
      is_needed_again(data::find_dataset(name), std::span(options.names).subspan(which + 1));
  fetch_options.progress = [&](const fetch::FetchProgress& progress) {
    if (InterruptGuard::signal() != 0) throw Halt();
    if (progress.is_import) return counts.show(progress.file, progress.done, progress.total);
    transfers.show(progress.source, progress.file, progress.done, progress.total);
  };
  std::string done = "nothing was fetched; the same command goes on with what has arrived";
  try {
    fetch::FetchResult result = fetch::fetch_dataset(name, options.dataset.root(), fetch_options);
    if (InterruptGuard::signal() == 0) return result;
    done = fmt::format("{} is in {}", name, result.folder.string());
  } catch (const Halt&) {
  } catch (const IoError&) {  // perhaps because the signal also ended npm
    if (InterruptGuard::signal() == 0) throw;
  }
  throw Interrupted(InterruptGuard::signal(), "interrupted; " + done, "");
}

void fetch(Options& options) {
  if (options.names.empty()) options.names = {options.dataset.name};
  for (const std::string& name : options.names) data::find_dataset(name);  // before the first is fetched
  for (size_t i = 0; i < options.names.size(); ++i) {
    const std::string& name = options.names[i];
    const fetch::FetchResult result = fetch_with_bar(options, i);
    if (!options.from.empty() && !result.failures.empty()) warn(result.failures.front());
    if (result.already_present) {
      say("{} is in {}, verified\n", name, result.folder.string());
    } else if (result.is_verified) {
      say("{} is now in {}, verified, from {}\n", name, result.folder.string(), result.source);
    } else {
      say("{} is now in {}, from {}; no checksums are published, so only sizes and numbers were compared\n",
          name, result.folder.string(), result.source);
    }
  }
}

// What `info` prints about a dataset.
struct Description {
  data::Dataset dataset;
  data::Moments plain;               // of the training pixels from 0 to 1
  data::DatasetSpec spec;            // with the mean and std that pixels are normalised with by default
  data::PixelStatistics normalised;  // of the same pixels
  double stroke_width = 0;
  std::vector<std::string> remarks;
};

Description describe(const Options& options) {
  Description result;
  result.dataset = data::load_dataset(options.dataset.name, options.dataset.root());
  result.plain = data::moments_of(result.dataset.train, result.dataset.train.count);
  result.spec = default_spec(result.dataset);
  result.normalised = data::normalised_statistics(result.dataset.train, result.spec);
  result.stroke_width = data::stroke_width(result.dataset.train);
  result.remarks = all_remarks(result.dataset, result.spec);
  return result;
}

void print_split(const char* name, const data::Split& split, int classes) {
  if (split.count == 0) return say("{}: none\n", name);
  say("{}: {} images of {}{}, uint8\n", name, with_commas(split.count),
      data::size_text(split.height, split.width), in_colour(split.channels));
  say("  images of class 0{}: {}\n", classes == 1 ? "" : fmt::format(" to {}", classes - 1),
      fmt::join(data::class_counts(split.labels, classes), " "));
}

ordered_json split_json(const data::Split& split, int classes) {
  if (split.count == 0) return nullptr;
  return {{"images", split.count},
          {"height", split.height},
          {"width", split.width},
          {"channels", split.channels},
          {"class_counts", data::class_counts(split.labels, classes)}};
}

// Null for a folder of the user's own.
ordered_json license_of(const std::string& name) {
  const data::DatasetInfo* known = data::known_dataset(name);
  return known != nullptr ? ordered_json(known->license) : nullptr;
}
ordered_json note_of(const std::string& name) {
  const data::DatasetInfo* known = data::known_dataset(name);
  return known != nullptr ? ordered_json(known->note) : nullptr;
}

ordered_json to_json(const Description& description) {
  const auto& [dataset, plain, spec, normalised, stroke_width, remarks] = description;
  return {{"dataset", dataset.name},
          {"classes", dataset.classes},
          {"class_names", dataset.class_names},
          {"license", license_of(dataset.name)},
          {"note", note_of(dataset.name)},
          {"train", split_json(dataset.train, dataset.classes)},
          {"test", split_json(dataset.test, dataset.classes)},
          {"train_pixels_0_to_1", {{"mean", json_of(plain.mean)}, {"std", json_of(plain.std)}}},
          {"normalisation", {{"mean", json_of(spec.mean.value())}, {"std", json_of(spec.std.value())}}},
          {"train_pixels",
           {{"min", normalised.min},
            {"max", normalised.max},
            {"mean", normalised.mean},
            {"std", normalised.std}}},
          {"stroke_width", stroke_width},
          {"remarks", remarks}};
}

void info(const Options& options) {
  options.output.apply();
  const Description description = describe(options);
  const auto& [dataset, plain, spec, normalised, stroke_width, remarks] = description;
  for (const std::string& remark : remarks) warn(remark);
  if (options.output.json) return write_json(to_json(description));
  say("{}: {} {}\n", dataset.name, dataset.classes, dataset.classes == 1 ? "class" : "classes");
  if (!dataset.class_names.empty()) say("  {}\n", fmt::join(dataset.class_names, ", "));
  print_split("train", dataset.train, dataset.classes);
  print_split("test", dataset.test, dataset.classes);
  say("training pixels, from 0 to 1: mean = {}, std = {}\n", to_text(plain.mean, "{:.4f}"),
      to_text(plain.std, "{:.4f}"));
  say("normalised with mean {} and std {}: min {:.4f}, max {:.4f}, mean {:.4f}, std {:.4f}\n",
      to_text(*spec.mean, "{:.6g}"), to_text(*spec.std, "{:.6g}"), normalised.min, normalised.max,
      normalised.mean, normalised.std);
  if (dataset.train.channels == 1)
    say("stroke width, if the training images are drawings: {:.2f} pixels on average\n", stroke_width);
  const data::DatasetInfo* known = data::known_dataset(dataset.name);
  if (known == nullptr) return;
  say("licence: {}\n", known->license);
  if (!known->note.empty()) say("note: {}\n", known->note);
}

// 60 training images, class by class in turn, as the recipe's first epoch would vary them.
void show(const Options& options) {
  std::vector<data::Transform> transforms;
  data::DatasetSpec normalisation;
  const data::Dataset dataset = data::load_dataset(options.dataset.name, options.dataset.root());
  if (!options.recipe.empty()) {
    const recipe::Recipe recipe = recipe::load(find_recipe(options.recipe));
    transforms = recipe.augment;
    normalisation.mean = recipe.dataset.mean;
    normalisation.std = recipe.dataset.std;
    normalisation = data::resolved(normalisation, dataset);
  }
  const data::Split& split = dataset.train;
  const auto shown = data::in_turn(split.labels, size_t{kRows} * kColumns);
  std::vector<uint8_t> images(shown.size() * split.image_bytes());
  data::Augmenter augmenter(transforms, split.shape());
  for (size_t place = 0; place < shown.size(); ++place) {
    uint8_t* image = images.data() + place * split.image_bytes();
    RandomStream random(options.seed, RandomPurpose::kAugment, shown[place], 0);
    augmenter.apply(split.image(shown[place]).data(), image, random);
    for (const data::Erasure& erasure : augmenter.erasures())
      data::erase_pixels(erasure, normalisation, split.shape(), image);
  }
  if (std::max(split.height, split.width) > kLargestShown)
    throw UsageError(fmt::format("images of {}×{} are too large for a grid", split.height, split.width));
  const int scale = std::max(1, 84 / std::max(split.height, split.width));
  const data::GridLayout layout{
      .rows = kRows, .columns = kColumns, .scale = scale, .margin = 4, .background = 96};
  data::write_png(options.out, data::image_grid(images, split.shape(), layout));
  say("{} of {}{}, of each class in turn, are in {}\n", counted(shown.size(), "training image"), dataset.name,
      transforms.empty() ? "" : " as " + options.recipe + " varies them", options.out);
}

CLI::App* add(CLI::App& data, const std::string& name, const std::string& about, const std::string& what,
              const std::shared_ptr<Options>& options) {
  CLI::App* command = data.add_subcommand(name, about);
  options->dataset.add_to(*command, what);
  return command;
}

}  // namespace

std::filesystem::path DatasetOptions::root() const {
  return data::root_or_default(data_root);
}

void DatasetOptions::add_to(CLI::App& command, const std::string& what) {
  command.add_option("DATASET", name, what + "; default: mnist");
  add_root_to(command);
}

void DatasetOptions::add_root_to(CLI::App& command) {
  command.add_option("--data", data_root, "Folder of the datasets (default: $RUNG_DATA, or ./data)")
      ->type_name("DIR");
}

std::string_view in_colour(int channels) {
  return channels == 1 ? "" : ", in colour";
}

ordered_json json_of(const ChannelValues& channels) {
  const auto values = channels.values();
  return values.size() == 1 ? ordered_json(values[0]) : ordered_json(values);
}

data::DatasetSpec default_spec(const data::Dataset& dataset) {
  data::DatasetSpec spec;
  spec.name = dataset.name;
  const data::Moments pixels = data::moments_of(dataset.train, dataset.train.count);
  const data::DatasetInfo* known = data::known_dataset(dataset.name);
  spec.mean = known != nullptr && known->mean ? *known->mean : pixels.mean;
  spec.std = known != nullptr && known->std
                 ? *known->std
                 : pixels.std.map([](double std) { return std::max(std, data::kLeastStd); });
  return spec;
}

std::vector<std::string> all_remarks(const data::Dataset& dataset, const data::DatasetSpec& spec) {
  std::vector<std::string> remarks = data::remarks_on(dataset, spec, dataset.classes);
  if (dataset.test.count == 0)
    remarks.push_back(
        "there are no test images: add their files, or test = 0.2 to [dataset], which takes a fifth of the "
        "training images");
  const auto counts = data::class_counts(dataset.train.labels, dataset.classes);
  if (const auto imbalance = data::imbalance_remark(counts, dataset.class_names))
    remarks.push_back(*imbalance);
  return remarks;
}

void add_data(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* data = app.add_subcommand("data", "List, fetch, import, check, describe or show datasets");
  data->footer("Example:\n  rung data fetch mnist\n  rung data info mnist");

  add_data_list(*data);

  CLI::App* fetch_command = data->add_subcommand("fetch", "Download datasets and verify them");
  fetch_command->add_option("DATASET", options->names, "Known datasets; default: mnist");
  options->dataset.add_root_to(*fetch_command);
  fetch_command->add_option("--from", options->from, "Try this folder or HTTPS address first")
      ->type_name("DIR|URL");
  fetch_command->footer(
      "Example:\n  rung data fetch mnist\n  rung data fetch emnist-letters emnist-digits\n  rung data fetch "
      "mnist --from ~/Downloads/mnist");
  fetch_command->callback([options] { fetch(*options); });

  add_data_import(*data);
  add_data_check(*data);

  CLI::App* info_command =
      add(*data, "info", "Print shapes, value ranges and class counts", kAnyDataset, options);
  options->output.add_to(*info_command);
  info_command->footer("Example:\n  rung data info mnist");
  info_command->callback([options] { info(*options); });

  CLI::App* show_command =
      add(*data, "show", "Write a PNG grid of 6 x 10 training images", kAnyDataset, options);
  show_command->add_option("--augment", options->recipe, "Augment them as this recipe does")
      ->type_name("RECIPE");
  show_command->add_option("--seed", options->seed, "Seed of the variations (default: 1)")
      ->check(is_seed)
      ->type_name("N");
  show_command->add_option("--out", options->out, "File to write (default: digits.png)")->type_name("FILE");
  show_command->footer("Example:\n  rung data show --augment step5 --out varied.png");
  show_command->callback([options] { show(*options); });
}

}  // namespace rung::app

// rung predict RUN_DIR FILE...
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/all_finite.h"
#include "base/error.h"
#include "base/text.h"
#include "commands.h"
#include "data/class_names.h"
#include "data/fit_digit.h"
#include "data/image_file.h"
#include "data/resize.h"
#include "ladder/job.h"
#include "options.h"
#include "recipe/recipe.h"
#include "rung/model.h"
#include "table.h"
#include "terminal.h"
#include "train/logits.h"
#include "train/run_directory.h"
#include "training.h"

namespace rung::app {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

struct Options {
  std::string run;
  std::vector<std::string> files;
  bool best = false;
  std::string fit = "none";
  std::string invert;  // empty: "auto" for a digit on paper, else "no"
  int top = 3;
  bool csv = false;
  EngineOptions engine;
  OutputOptions output;

  std::string inverts() const { return !invert.empty() ? invert : fit == "mnist" ? "auto" : "no"; }
};

struct Subject {
  std::string file;
  std::optional<int> index;  // in an IDX file

  std::string name() const { return index ? fmt::format("{}[{}]", file, *index) : file; }
};

struct Failure {
  std::string file;
  std::string message;
};

// The images of all files as the model takes them, and what could not be read.
struct Batch {
  std::vector<Subject> subjects;
  std::vector<uint8_t> pixels;  // in planes [subjects,channels,height,width]
  std::vector<Failure> failures;
  std::string hint;  // the last one given
};

struct Guess {
  size_t label = 0;
  double probability = 0;
};

using Guesses = std::vector<Guess>;  // of one image, the best first

data::Ink ink_of(const std::string& invert) {
  return invert == "yes" ? data::Ink::kDark : invert == "no" ? data::Ink::kLight : data::Ink::kEither;
}

data::Image fitted(data::Image image, const Subject& subject, const Options& options, const Model& model) {
  const std::string invert = options.inverts();
  if (options.fit == "mnist") {
    auto digit = data::fit_digit(image, ink_of(invert), model.height(), model.width());
    if (!digit) throw DataError(fmt::format("{}: nothing stands out from the paper", subject.name()));
    return *std::move(digit);
  }
  if (invert == "yes" || (invert == "auto" && data::is_dark_on_light(data::as_grey(image))))
    for (uint8_t& pixel : image.pixels) pixel = static_cast<uint8_t>(255 - pixel);
  return options.fit == "stretch" ? data::resized(image, model.height(), model.width()) : image;
}

void require_size(const data::ImageStack& images, const std::string& file, const Model& model) {
  if (images.height == model.height() && images.width == model.width()) return;
  throw DataError(
      fmt::format("{}: {}, but the model takes {}", file, data::size_text(images.height, images.width),
                  data::size_text(model.height(), model.width())),
      model.channels() == 1 ? "--fit mnist cuts a digit out and centres it, --fit stretch only resizes"
                            : "--fit stretch resizes it");
}

void add_failure(Batch& batch, const std::string& file, const Error& error) {
  show_error(error.what(), error.hint() == batch.hint ? "" : error.hint());
  batch.hint = error.hint();
  batch.failures.push_back({file, error.what()});
}

void add_file(Batch& batch, const std::string& file, const Options& options, const Model& model) {
  const auto [images, is_single] = data::read_images(file, model.channels());
  if (options.fit == "none") require_size(images, file, model);
  for (int i = 0; i < images.count; ++i) {
    const Subject subject{file, is_single ? std::nullopt : std::optional(i)};
    data::Image image =
        data::from_planes(images.image(static_cast<size_t>(i)), images.height, images.width, images.channels);
    try {
      image = fitted(std::move(image), subject, options, model);
    } catch (const DataError& error) {
      add_failure(batch, subject.name(), error);
      continue;
    }
    batch.subjects.push_back(subject);
    const size_t begin = batch.pixels.size();
    batch.pixels.resize(begin + image.pixels.size());
    data::to_planes(image.pixels, image.channels, &batch.pixels[begin]);
  }
}

// A file itself, or a folder's images.
std::vector<std::string> files_of(const std::string& path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return {path};
  std::vector<std::string> files;
  for (const fs::path& file : data::image_files_in(path)) files.push_back(file.string());
  if (files.empty()) throw DataError(fmt::format("{}: no PNG or JPEG files are in this folder", path));
  return files;
}

Batch read_all(const Options& options, const Model& model) {
  Batch batch;
  const auto attempt = [&](const std::string& file, auto action) {
    try {
      action();
    } catch (const Error& error) {
      add_failure(batch, file, error);
    }
  };
  for (const std::string& path : options.files)
    attempt(path, [&] {
      for (const std::string& file : files_of(path))
        attempt(file, [&] { add_file(batch, file, options, model); });
    });
  return batch;
}

// An image that is mostly light where the training images were mostly dark, or the other way round, and whose
// ink is so, too.
bool is_inverted(const data::Image& image, double training_mean) {
  const double sum = std::accumulate(image.pixels.begin(), image.pixels.end(), 0.0);
  const bool is_light = sum > 127.5 * static_cast<double>(image.pixels.size());
  const bool training_is_light = training_mean > 0.5;
  return is_light != training_is_light && data::is_dark_on_light(data::as_grey(image)) != training_is_light;
}

void warn_of_inverted(const Batch& batch, const Model& model, double training_mean) {
  if (batch.subjects.empty()) return;
  const size_t size = batch.pixels.size() / batch.subjects.size();
  size_t count = 0;
  for (size_t at = 0; at < batch.pixels.size(); at += size)
    count += is_inverted(data::from_planes(std::span(batch.pixels).subspan(at, size), model.height(),
                                           model.width(), model.channels()),
                         training_mean);
  if (count == 0) return;
  const char* kind = training_mean > 0.5 ? "dark on light" : "light on dark";
  warn(fmt::format("{} of {} seem inverted: the training images are {}; try --invert yes", count,
                   counted(batch.subjects.size(), "image"), kind));
}

std::vector<Guesses> guesses_of(const Batch& batch, Model& model, int top) {
  if (batch.subjects.empty()) return {};
  const std::vector<float> logits = model.predict_logits({.pixels = batch.pixels,
                                                          .count = static_cast<int>(batch.subjects.size()),
                                                          .height = model.height(),
                                                          .width = model.width(),
                                                          .channels = model.channels()});
  if (!all_finite(std::span<const float>(logits)))
    throw DataError("the model's outputs for some of the images are not finite numbers");
  const auto classes = static_cast<size_t>(model.classes());
  std::vector<Guesses> all;
  for (size_t at = 0; at < logits.size(); at += classes) {
    const auto row = std::span(logits).subspan(at, classes);
    const std::vector<double> probabilities = train::softmax(row);
    std::vector<size_t> order(classes);
    std::iota(order.begin(), order.end(), size_t{0});
    std::ranges::stable_sort(order, std::greater<>(), [&](size_t label) { return row[label]; });
    order.resize(std::min(classes, static_cast<size_t>(top)));
    for (Guesses& guesses = all.emplace_back(); const size_t label : order)
      guesses.push_back({label, probabilities[label]});
  }
  return all;
}

// "2nd", "3rd", "11th", "21st"
std::string ordinal(size_t number) {
  const size_t last = number % 100 / 10 == 1 ? 0 : number % 10;
  return fmt::format("{}{}", number, last == 1 ? "st" : last == 2 ? "nd" : last == 3 ? "rd" : "th");
}

void say_table(const Batch& batch, const std::vector<Guesses>& all, const data::DatasetSpec& dataset) {
  if (all.empty()) return;
  std::vector<Column> columns = {
      {.head = "Image", .left = true}, {.head = "Class", .left = true}, {.head = "Probability"}};
  for (size_t place = 2; place <= all.front().size(); ++place)
    columns.push_back({.head = ordinal(place), .left = true, .rank = static_cast<int>(place)});
  Table table(columns);
  for (size_t i = 0; i < all.size(); ++i) {
    const Guess& best = all[i].front();
    std::vector<std::string> cells = {batch.subjects[i].name(), data::class_name(dataset, best.label),
                                      fmt::format("{:.2f}%", 100 * best.probability)};
    for (const Guess& guess : std::span(all[i]).subspan(1))
      cells.push_back(
          fmt::format("{} {:.2f}%", data::class_name(dataset, guess.label), 100 * guess.probability));
    table.add(std::move(cells));
  }
  for (const Line& line : table.lines(talk_columns())) say_line(line);
}

ordered_json json_of(const Guess& guess, const data::DatasetSpec& dataset) {
  return {{"class", guess.label},
          {"name", data::class_name(dataset, guess.label)},
          {"probability", guess.probability}};
}

ordered_json document_of(const Options& options, const char* weights, const Batch& batch,
                         const std::vector<Guesses>& all, const data::DatasetSpec& dataset) {
  ordered_json images = ordered_json::array();
  for (size_t i = 0; i < all.size(); ++i) {
    const Subject& subject = batch.subjects[i];
    ordered_json image{{"file", subject.file},
                       {"index", subject.index ? ordered_json(*subject.index) : nullptr}};
    image.update(json_of(all[i].front(), dataset));
    image["top"] = ordered_json::array();
    for (const Guess& guess : all[i]) image["top"].push_back(json_of(guess, dataset));
    images.push_back(std::move(image));
  }
  ordered_json errors = ordered_json::array();
  for (const Failure& failure : batch.failures)
    errors.push_back({{"file", failure.file}, {"message", failure.message}});
  return {{"run_dir", options.run},      {"weights", weights},          {"fit", options.fit},
          {"invert", options.inverts()}, {"images", std::move(images)}, {"errors", std::move(errors)}};
}

// RFC 4180.
std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string field = "\"";
  for (const char letter : text) field += letter == '"' ? std::string("\"\"") : std::string(1, letter);
  return field + '"';
}

std::string csv_of(const Batch& batch, const std::vector<Guesses>& all, size_t top,
                   const data::DatasetSpec& dataset) {
  std::string csv = "file,index,class,name,probability";
  for (size_t place = 2; place <= top; ++place)
    csv += fmt::format(",class_{0},name_{0},probability_{0}", place);
  csv += '\n';
  for (size_t i = 0; i < all.size(); ++i) {
    const Subject& subject = batch.subjects[i];
    csv +=
        fmt::format("{},{}", csv_field(subject.file), subject.index ? fmt::format("{}", *subject.index) : "");
    for (const Guess& guess : all[i])
      csv += fmt::format(",{},{},{:.6g}", guess.label, csv_field(data::class_name(dataset, guess.label)),
                         guess.probability);
    csv += '\n';
  }
  return csv;
}

// Returns how many images could not be read.
size_t predict(const Options& options) {
  options.output.apply();
  const fs::path run = options.run;
  ladder::require_run(run);
  const char* weights = options.best ? train::kBestFile : train::kCheckpointFile;
  require_epochs(run, weights);
  options.engine.apply_simd();
  Model model = Model::load(run, {.best = options.best, .threads = options.engine.threads});
  const data::DatasetSpec dataset = recipe::load_stored(run / train::kRecipeFile).dataset;
  if (options.fit == "mnist" && model.channels() != 1)
    throw UsageError("--fit mnist makes grey images, but the model takes images in colour",
                     "use --fit stretch");
  const Batch batch = read_all(options, model);
  if (options.invert.empty() && options.fit != "mnist") warn_of_inverted(batch, model, dataset.mean->mean());
  const int top = std::min(options.top, model.classes());
  const std::vector<Guesses> all = guesses_of(batch, model, top);
  if (options.output.json) {
    write_json(document_of(options, weights, batch, all, dataset));
  } else if (options.csv) {
    write_out(csv_of(batch, all, static_cast<size_t>(top), dataset));
  } else {
    say_table(batch, all, dataset);
  }
  return batch.failures.size();
}

void add_output_to(CLI::App& command, Options& options) {
  command.add_option("--top", options.top, "How many classes to name for each image (default: 3)")
      ->check(CLI::Range(1, 1000))
      ->type_name("N");
  CLI::Option* csv = command.add_flag("--csv", options.csv, "Print one line of CSV for each image");
  options.output.add_to(command);
  csv->excludes(command.get_option("--json"));
}

}  // namespace

void add_predict(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("predict", "Say what is on images, by the weights of a run");
  command->add_option("RUN_DIR", options->run, "The run's folder")->required();
  command
      ->add_option("FILE", options->files,
                   "PNG, JPEG or IDX files (also .gz), or folders of PNG and JPEG files")
      ->required();
  command->add_flag("--best", options->best,
                    "Weights of the epoch with the best accuracy, as in rung eval, instead of the newest");
  command
      ->add_option("--fit", options->fit,
                   "Images of another size: none (default) refuses them, stretch resizes, mnist cuts a digit "
                   "out of its paper and centres it as MNIST's were")
      ->check(CLI::IsMember({"none", "stretch", "mnist"}))
      ->type_name("FIT");
  command
      ->add_option("--invert", options->invert,
                   "Whether to exchange light and dark: yes, no (default), or auto (default with --fit "
                   "mnist): if the image is dark on light")
      ->check(CLI::IsMember({"auto", "yes", "no"}))
      ->type_name("WHEN");
  add_output_to(*command, *options);
  options->engine.add_without_data_to(*command);
  command->footer(
      "An image that cannot be read costs a line on standard error and exit code 1; the others are still "
      "predicted.\n"
      "Example:\n  rung predict runs/step6-seed1 photo.jpg --fit mnist\n"
      "  rung predict runs/step6-seed1 digits/ --csv >digits.csv");
  command->callback([options, &exit_code] {
    if (predict(*options) > 0) exit_code = kFailed;
  });
}

}  // namespace rung::app

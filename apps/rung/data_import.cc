// rung data import
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <charconv>
#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "command_line.h"
#include "commands.h"
#include "data.h"
#include "data/dataset.h"
#include "data/image.h"
#include "data/registry.h"
#include "display.h"
#include "import/image_set.h"
#include "import/import.h"
#include "interrupt.h"
#include "options.h"
#include "terminal.h"

namespace rung::app {
namespace {

struct Options {
  std::vector<std::string> sources;
  std::string out;
  std::string test;
  std::string resize;
  std::string size;
  std::string map;
  std::string classes;
  imports::Options import;
  int threads = 0;
  OutputOptions output;
};

// "28x24": the width comes first.
std::optional<imports::Size> parse_size(std::string_view text) {
  const auto number = [](std::string_view digits) {
    int value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc() && end == digits.data() + digits.size() ? value : 0;
  };
  const size_t cross = text.find('x');
  if (cross == std::string_view::npos) return std::nullopt;
  const imports::Size size{.width = number(text.substr(0, cross)), .height = number(text.substr(cross + 1))};
  const auto fits = [](int side) { return side >= 1 && side <= data::kMaxImageSide; };
  return fits(size.width) && fits(size.height) ? std::optional(size) : std::nullopt;
}

std::string is_size(const std::string& text) {
  if (parse_size(text)) return "";
  return fmt::format("'{}' is not WIDTHxHEIGHT with sides from 1 to {}, as in 28x28", printable(text),
                     data::kMaxImageSide);
}

std::optional<data::Portion> parse_portion(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value > 0) ||
      value > imports::kMostImages)
    return std::nullopt;
  if (value < 1) return data::Portion::of(value);
  const int images = static_cast<int>(value);
  return images == value ? std::optional<data::Portion>(images) : std::nullopt;
}

std::string is_portion(const std::string& text) {
  if (parse_portion(text)) return "";
  return fmt::format("'{}' is neither a share between 0 and 1 nor a number of images", printable(text));
}

// The parts of a text that separators separate; after a backslash a separator is part of a name, and the
// backslash is kept only if `keep`.
std::vector<std::string> split_at(char separator, std::string_view text, bool keep = false) {
  std::vector<std::string> parts(1);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == ',' || text[i + 1] == '=')) {
      if (keep) parts.back() += text[i];
      parts.back() += text[++i];
    } else if (text[i] == separator) {
      parts.emplace_back();
    } else {
      parts.back() += text[i];
    }
  }
  return parts;
}

// "old=new,other=new"; nothing if that is not what the text is.
std::optional<std::vector<std::pair<std::string, std::string>>> parse_map(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> map;
  for (const std::string& one : split_at(',', text, true)) {
    const std::vector<std::string> names = split_at('=', one);
    if (names.size() != 2 || names[0].empty() || names[1].empty()) return std::nullopt;
    map.emplace_back(names[0], names[1]);
  }
  return map;
}

std::string is_map(const std::string& text) {
  if (parse_map(text)) return "";
  return fmt::format("'{}' is not OLD=NEW,..., as in b=d,B=d", printable(text));
}

// Thrown to end an import after a signal.
struct Halt {};

imports::Imported import_with_bar(const imports::Options& options, int threads) {
  ThreadPool pool(ThreadPool::or_available(threads));
  const InterruptGuard guard;
  CountDisplay display;
  const imports::Work work{.pool = pool,
                           .progress = [&](std::string_view what, uint64_t done, uint64_t total) {
                             if (InterruptGuard::signal() != 0) throw Halt();
                             display.show(what, done, total);
                           }};
  try {
    return imports::import_images(options, work);
  } catch (const Halt&) {
  }
  throw Interrupted(InterruptGuard::signal(), "interrupted; nothing was imported", "");
}

std::string in_words(const std::vector<std::string>& names) {
  constexpr size_t kMost = 12;
  if (names.size() <= kMost) return fmt::format("{}", fmt::join(names, ", "));
  return fmt::format("{}, ..., {}", fmt::join(names.begin(), names.begin() + kMost, ", "), names.back());
}

// As recipes name it.
std::string folder_name(const std::string& out) {
  const std::string name = out.find('/') == std::string::npos ? "./" + out : out;
  return name.back() == '/' ? name.substr(0, name.size() - 1) : name;
}

nlohmann::ordered_json to_json(const imports::Imported& imported, const std::string& out) {
  const auto& [source, description, train, test] = imported;
  return {{"folder", out},
          {"source", source},
          {"classes", description.classes},
          {"height", description.height},
          {"width", description.width},
          {"channels", description.channels},
          {"train_images", train},
          {"test_images", test},
          {"mean", json_of(description.mean)},
          {"std", json_of(description.std)},
          {"steps", description.steps}};
}

void import_images(Options& options) {
  options.output.apply();
  const std::string folder = std::filesystem::path(options.out).filename().string();
  if (data::known_dataset(folder) != nullptr)
    throw UsageError(
        fmt::format("--out: a known dataset is called {}, for which recipes would take yours", folder),
        "give the folder another name");
  for (const std::string& source : options.sources) options.import.sources.emplace_back(source);
  options.import.out = options.out;
  if (!options.test.empty()) options.import.test = parse_portion(options.test).value();
  if (!options.resize.empty()) options.import.resize = parse_size(options.resize);
  if (!options.size.empty()) options.import.size = parse_size(options.size);
  if (!options.classes.empty()) options.import.classes = split_at(',', options.classes);
  if (!options.map.empty()) options.import.map = parse_map(options.map).value();
  const imports::Imported imported = import_with_bar(options.import, options.threads);
  if (options.output.json) return write_json(to_json(imported, options.out));
  const data::DatasetDescription& description = imported.description;
  say("{}\n", imported.source);
  for (const std::string& step : description.steps) say("  {}\n", step);
  say("{}: {}\n", counted(description.classes.size(), "class"), in_words(description.classes));
  say("{} training and {} test images of {}{}; mean {}, std {}\n",
      with_commas(static_cast<int64_t>(imported.train_images)),
      with_commas(static_cast<int64_t>(imported.test_images)),
      data::size_text(description.height, description.width), in_colour(description.channels),
      to_text(description.mean, "{:.4f}"), to_text(description.std, "{:.4f}"));
  const std::string name = folder_name(options.out);
  say("Written to {}. To look at them: rung data show {}\n", name, shell_word(name));
}

void add_rules(CLI::App& command, Options& options) {
  imports::Options& import = options.import;
  command
      .add_option("--test", options.test,
                  "Test images to draw by class, if the source has none: a share, or how many")
      ->check(is_portion)
      ->type_name("SHARE");
  command.add_option("--seed", import.seed, "Seed of this draw (default: 0)")->check(is_seed)->type_name("N");
  command.add_option("--only", import.only, "Take only files with this text in their paths")
      ->type_name("TEXT");
  command.add_option("--map", options.map, "Rename classes; those that get one name become one: old=new,...")
      ->check(is_map)
      ->type_name("NAMES");
  command.add_option("--classes", options.classes, "Only these classes, in this order: a,b,c")
      ->type_name("NAMES");
  command.add_option("--white", import.white, "The largest value of a pixel (default: 255)")
      ->check(CLI::Range(1, 255))
      ->type_name("N");
  command.add_option("--resize", options.resize, "Give all images this size; each pixel has its share in it")
      ->check(is_size)
      ->type_name("WxH");
  command.add_flag("--grey", import.grey, "Make images in colour grey");
  command.add_flag("--invert", import.invert, "Exchange light and dark");
  command.add_flag("--transpose", import.transpose, "Exchange rows and columns");
}

void add_parts(CLI::App& command, Options& options) {
  imports::Options& import = options.import;
  command.add_option("--images", import.images, "Name of the array or column with the images")
      ->type_name("NAME");
  command.add_option("--labels", import.labels, "Name of the array or column with the labels")
      ->type_name("NAME");
  command
      .add_option("--label-column", import.label_column,
                  "Column of a table with the labels: its name or number")
      ->type_name("COLUMN");
  command.add_option("--size", options.size, "How the pixels of a row lie (default: in a square)")
      ->check(is_size)
      ->type_name("WxH");
}

}  // namespace

void add_data_import(CLI::App& data) {
  auto options = std::make_shared<Options>();
  CLI::App* command = data.add_subcommand("import", "Make a dataset of images that you have");
  command
      ->add_option(
          "SOURCE", options->sources,
          "Class folders of pictures, .npy, .npz, .csv, LIBSVM or IDX files, CIFAR's records, .parquet, "
          ".mat or .h5 files; or a zip or tar archive of them")
      ->required();
  command->add_option("--out", options->out, "New folder for the dataset")->required()->type_name("DIR");
  add_rules(*command, *options);
  add_parts(*command, *options);
  command->add_option("--threads", options->threads, "Number of threads (default: one for each core)")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
  options->output.add_to(*command);
  command->footer(
      "Example:\n  rung data import flowers/ --out data/flowers --test 0.2 --resize 28x28\n"
      "docs/own-images.md says what can be imported, and by which rules. RUNG_PYTHON names the Python that\n"
      "reads .parquet, .mat and .h5 files (default: python3).");
  command->callback([options] { import_images(*options); });
}

}  // namespace rung::app

// rung data check
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "commands.h"
#include "data.h"
#include "data/check.h"
#include "data/png.h"
#include "inspect/findings.h"
#include "options.h"
#include "report/dataset_page.h"
#include "table.h"
#include "terminal.h"

namespace rung::app {
namespace {

using data::Place;
using inspect::Findings;
using nlohmann::ordered_json;

constexpr size_t kExamples = 5;   // of a kind of finding, in text
constexpr size_t kPairRows = 10;  // of the picture
constexpr size_t kPairsInRow = 5;
constexpr int kLargestShown = 1000;  // pixels on a side

struct Options {
  DatasetOptions dataset;
  std::string pairs;
  std::string report;
  int threads = 0;
  OutputOptions output;
};

// "what: none" or "what: 7, of which 2 across training and test:".
void say_head(std::string_view what, size_t count, std::string_view unit, size_t across_splits) {
  if (count == 0) return say("{}: none\n", what);
  say("{}: {}{}\n", what, counted(count, unit),
      across_splits == 0 ? "" : fmt::format(", {} across training and test", with_commas(across_splits)));
}

void say_rest(size_t count) {
  if (count > kExamples) say("  ... and {} more\n", with_commas(count - kExamples));
}

// The first places in words, the first few of them.
std::vector<std::string> texts_of(const Findings& found, std::span<const Place> places) {
  std::vector<std::string> texts;
  for (const Place& place : places.first(std::min(kExamples, places.size())))
    texts.push_back(inspect::text_of(found, place));
  return texts;
}

void say_groups(std::string_view what, const Findings& found, const std::vector<std::vector<Place>>& groups) {
  say_head(what, groups.size(), "group", inspect::across_splits(groups));
  for (const auto& group : std::span(groups).first(std::min(kExamples, groups.size())))
    say("  {}{}\n", fmt::join(texts_of(found, group), " = "), group.size() > kExamples ? " = ..." : "");
  say_rest(groups.size());
}

void say_near(std::string_view what, const Findings& found, const std::vector<data::NearCopy>& pairs) {
  say_head(what, pairs.size(), "pair", inspect::across_splits(pairs));
  for (const data::NearCopy& near : std::span(pairs).first(std::min(kExamples, pairs.size())))
    say("  {} ≈ {}: correlation {:.4f}\n", inspect::text_of(found, near.first),
        inspect::text_of(found, near.second), near.correlation);
  say_rest(pairs.size());
  if (found.result.has_more_near_copies && &pairs == &found.result.near_copies)
    say("  (only the {} most alike are listed)\n", with_commas(data::kMostNearCopies));
}

void say_places(std::string_view what, const Findings& found, const std::vector<Place>& places) {
  say_head(what, places.size(), "image", 0);
  if (!places.empty()) say("  {}\n", fmt::join(texts_of(found, places), ", "));
  say_rest(places.size());
}

void say_all(const Findings& found) {
  const data::Dataset& dataset = *found.dataset;
  say("{}: {} training and {} test images were compared with each other\n", dataset.name,
      with_commas(dataset.train.count), with_commas(dataset.test.count));
  say_groups("Copies, to the last pixel", found, found.result.copies);
  say_groups("Copies with different labels", found, found.disputed);
  say_near("Nearly the same", found, found.result.near_copies);
  say_near("Nearly the same, with different labels", found, found.disputed_near);
  say_places("Of one grey level only", found, found.result.blank);
  say_places("Light and dark exchanged, to judge by the border", found, found.result.inverted);
  for (const std::string& remark : found.remarks)
    for (const std::string& line : wrapped("- " + remark, talk_columns(), 2)) say_line(Line(line));
}

ordered_json place_json(const data::Dataset& dataset, const Place& place) {
  return {{"split", place.is_test ? "test" : "train"},
          {"image", place.image},
          {"label", data::label_of(dataset, place)}};
}

ordered_json places_json(const data::Dataset& dataset, const std::vector<Place>& places) {
  ordered_json json = ordered_json::array();
  for (const Place& place : places) json.push_back(place_json(dataset, place));
  return json;
}

ordered_json digits_json(const std::optional<inspect::Digits>& digits) {
  if (!digits) return nullptr;
  return {{"lie", inspect::name_of(digits->symmetry)},
          {"images", digits->images},
          {"agreement", digits->agreement},
          {"agreement_unchanged", digits->unchanged}};
}

ordered_json to_json(const Findings& found) {
  const data::Dataset& dataset = *found.dataset;
  ordered_json copies = ordered_json::array(), near_copies = ordered_json::array();
  for (const auto& group : found.result.copies) copies.push_back(places_json(dataset, group));
  for (const data::NearCopy& near : found.result.near_copies)
    near_copies.push_back({{"first", place_json(dataset, near.first)},
                           {"second", place_json(dataset, near.second)},
                           {"correlation", near.correlation}});
  return {{"dataset", dataset.name},
          {"train_images", dataset.train.count},
          {"test_images", dataset.test.count},
          {"copies", copies},
          {"copies_with_different_labels", found.disputed.size()},
          {"copies_across_splits", inspect::across_splits(found.result.copies)},
          {"near_copies", near_copies},
          {"near_copies_with_different_labels", found.disputed_near.size()},
          {"blank", places_json(dataset, found.result.blank)},
          {"inverted", places_json(dataset, found.result.inverted)},
          {"digits", {{"train", digits_json(found.train_digits)}, {"test", digits_json(found.test_digits)}}},
          {"remarks", found.remarks}};
}

void write_pairs(const std::string& file, const Findings& found) {
  const data::Dataset& dataset = *found.dataset;
  const int height = dataset.train.height, width = dataset.train.width;
  if (std::max(height, width) > kLargestShown)
    throw UsageError(fmt::format("images of {}×{} are too large for a picture of pairs", height, width));
  const auto pairs = inspect::pairs_of(found, kPairRows * kPairsInRow);
  if (pairs.empty()) return say("There are no pairs to show; {} was not written\n", file);
  std::vector<uint8_t> images;
  for (const data::NearCopy& pair : pairs)
    for (const Place& place : {pair.first, pair.second}) {
      const data::Split& split = place.is_test ? dataset.test : dataset.train;
      const auto pixels = split.image(static_cast<size_t>(place.image));
      images.insert(images.end(), pixels.begin(), pixels.end());
    }
  const auto rows = static_cast<int>((pairs.size() + kPairsInRow - 1) / kPairsInRow);
  data::write_png(file, data::image_grid(images, dataset.train.shape(),
                                         {.rows = rows,
                                          .columns = 2 * static_cast<int>(kPairsInRow),
                                          .scale = std::max(1, 84 / std::max(height, width)),
                                          .margin = 4,
                                          .background = 96}));
  say("{} side by side are in {}\n", counted(pairs.size(), "pair"), file);
}

void check(const Options& options) {
  options.output.apply();
  const data::Dataset dataset = data::load_dataset(options.dataset.name, options.dataset.root());
  ThreadPool pool(ThreadPool::or_available(options.threads));
  const data::DatasetSpec spec = default_spec(dataset);
  const Findings found = inspect::findings_in(dataset, spec, all_remarks(dataset, spec), pool);
  if (options.output.json) {
    write_json(to_json(found));
  } else {
    say_all(found);
  }
  if (!options.pairs.empty()) write_pairs(options.pairs, found);
  if (!options.report.empty()) {
    write_output(options.report, report::dataset_page(found));
    say("To look at in a browser: {}\n", options.report);
  }
}

}  // namespace

void add_data_check(CLI::App& data) {
  auto options = std::make_shared<Options>();
  CLI::App* command = data.add_subcommand(
      "check", "Look for copies, wrong labels, and images that are blank, inverted or turned");
  options->dataset.add_to(*command, kAnyDataset);
  command->add_option("--pairs", options->pairs, "Also write a PNG of the copies side by side")
      ->type_name("FILE");
  command
      ->add_option("--report", options->report,
                   "Also write a page (HTML): the classes and their mean images, the copies, and all else")
      ->type_name("FILE");
  command->add_option("--threads", options->threads, "Number of threads (default: one for each core)")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
  options->output.add_to(*command);
  command->footer("Example:\n  rung data check data/flowers/ --report flowers.html");
  command->callback([options] { check(*options); });
}

}  // namespace rung::app

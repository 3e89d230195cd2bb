// rung data check
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "commands.h"
#include "data.h"
#include "data/check.h"
#include "data/class_names.h"
#include "data/png.h"
#include "options.h"
#include "table.h"
#include "terminal.h"

namespace rung::app {
namespace {

using data::Place;
using nlohmann::ordered_json;

constexpr size_t kExamples = 5;   // of a kind of finding, in text
constexpr size_t kPairRows = 10;  // of the picture
constexpr size_t kPairsInRow = 5;
constexpr int kLargestShown = 1000;  // pixels on a side

struct Options {
  DatasetOptions dataset;
  std::string pairs;
  int threads = 0;
  OutputOptions output;
};

// What was found in a dataset, and how to say it.
class Findings {
 public:
  Findings(const data::Dataset& dataset, ThreadPool& pool)
      : dataset_(dataset),
        spec_(default_spec(dataset)),
        remarks_(all_remarks(dataset, spec_)),
        result_(data::check(dataset, pool)),
        disputed_(data::with_different_labels(dataset, result_.copies)) {
    spec_.class_names = dataset.class_names;
    for (const data::NearCopy& near : result_.near_copies)
      if (label(near.first) != label(near.second)) disputed_near_.push_back(near);
  }

  void say_all() const {
    say("{}: {} training and {} test images were compared with each other\n", dataset_.name,
        with_commas(dataset_.train.count), with_commas(dataset_.test.count));
    say_groups("Copies, to the last pixel", result_.copies);
    say_groups("Copies with different labels", disputed_);
    say_near("Nearly the same", result_.near_copies);
    say_near("Nearly the same, with different labels", disputed_near_);
    say_places("Of one grey level only", result_.blank);
    say_places("Light and dark exchanged, to judge by the border", result_.inverted);
    for (const std::string& remark : remarks_)
      for (const std::string& line : wrapped("- " + remark, talk_columns(), 2)) say_line(Line(line));
  }

  ordered_json json() const {
    ordered_json copies = ordered_json::array(), near_copies = ordered_json::array();
    for (const auto& group : result_.copies) copies.push_back(places_json(group));
    for (const data::NearCopy& near : result_.near_copies)
      near_copies.push_back({{"first", place_json(near.first)},
                             {"second", place_json(near.second)},
                             {"correlation", near.correlation}});
    return {{"dataset", dataset_.name},
            {"train_images", dataset_.train.count},
            {"test_images", dataset_.test.count},
            {"copies", copies},
            {"copies_with_different_labels", disputed_.size()},
            {"copies_across_splits", across(result_.copies)},
            {"near_copies", near_copies},
            {"near_copies_with_different_labels", disputed_near_.size()},
            {"blank", places_json(result_.blank)},
            {"inverted", places_json(result_.inverted)},
            {"remarks", remarks_}};
  }

  // Pairs side by side: first those with different labels, then those across the splits, then the others.
  std::vector<std::pair<Place, Place>> pairs(size_t most) const {
    std::vector<std::pair<Place, Place>> all;
    const auto take = [&](const auto& wanted) {
      for (const auto& group : result_.copies)
        for (size_t i = 1; i < group.size(); ++i) add(all, {group[0], group[i]}, wanted);
      for (const data::NearCopy& near : result_.near_copies) add(all, {near.first, near.second}, wanted);
    };
    take([&](const auto& pair) { return label(pair.first) != label(pair.second); });
    take([](const auto& pair) { return pair.first.is_test != pair.second.is_test; });
    take([](const auto&) { return true; });
    if (all.size() > most) all.resize(most);
    return all;
  }

 private:
  template <typename Wanted>
  static void add(std::vector<std::pair<Place, Place>>& all, const std::pair<Place, Place>& pair,
                  const Wanted& wanted) {
    if (wanted(pair) && std::ranges::find(all, pair) == all.end() && all.size() < kPairRows * kPairsInRow)
      all.push_back(pair);
  }

  uint8_t label(const Place& place) const { return label_of(dataset_, place); }

  // "test 42 (Coat)"
  std::string text(const Place& place) const {
    return fmt::format("{} {} ({})", place.is_test ? "test" : "train", place.image,
                       data::class_name(spec_, label(place)));
  }

  static size_t across(const std::vector<std::vector<Place>>& groups) {
    return static_cast<size_t>(std::ranges::count_if(groups, data::is_across_splits));
  }

  // "what: none" or "what: 7, of which 2 across training and test:", and the first of them.
  static void say_head(std::string_view what, size_t count, std::string_view unit, size_t across_splits) {
    if (count == 0) return say("{}: none\n", what);
    say("{}: {}{}\n", what, counted(count, unit),
        across_splits == 0 ? "" : fmt::format(", {} across training and test", with_commas(across_splits)));
  }
  static void say_rest(size_t count) {
    if (count > kExamples) say("  ... and {} more\n", with_commas(count - kExamples));
  }

  void say_groups(std::string_view what, const std::vector<std::vector<Place>>& groups) const {
    say_head(what, groups.size(), "group", across(groups));
    for (const auto& group : std::span(groups).first(std::min(kExamples, groups.size()))) {
      std::vector<std::string> texts;
      for (const Place& place : std::span(group).first(std::min(kExamples, group.size())))
        texts.push_back(text(place));
      say("  {}{}\n", fmt::join(texts, " = "), group.size() > kExamples ? " = ..." : "");
    }
    say_rest(groups.size());
  }

  void say_near(std::string_view what, const std::vector<data::NearCopy>& pairs) const {
    const auto across_splits = std::ranges::count_if(
        pairs, [](const data::NearCopy& near) { return near.first.is_test != near.second.is_test; });
    say_head(what, pairs.size(), "pair", static_cast<size_t>(across_splits));
    for (const data::NearCopy& near : std::span(pairs).first(std::min(kExamples, pairs.size())))
      say("  {} ≈ {}: correlation {:.4f}\n", text(near.first), text(near.second), near.correlation);
    say_rest(pairs.size());
    if (result_.has_more_near_copies && &pairs == &result_.near_copies)
      say("  (only the {} most alike are listed)\n", with_commas(data::kMostNearCopies));
  }

  void say_places(std::string_view what, const std::vector<Place>& places) const {
    say_head(what, places.size(), "image", 0);
    std::vector<std::string> texts;
    for (const Place& place : std::span(places).first(std::min(kExamples, places.size())))
      texts.push_back(text(place));
    if (!texts.empty()) say("  {}\n", fmt::join(texts, ", "));
    say_rest(places.size());
  }

  ordered_json place_json(const Place& place) const {
    return {{"split", place.is_test ? "test" : "train"}, {"image", place.image}, {"label", label(place)}};
  }
  ordered_json places_json(const std::vector<Place>& places) const {
    ordered_json json = ordered_json::array();
    for (const Place& place : places) json.push_back(place_json(place));
    return json;
  }

  const data::Dataset& dataset_;
  data::DatasetSpec spec_;
  std::vector<std::string> remarks_;
  data::CheckResult result_;
  std::vector<std::vector<Place>> disputed_;
  std::vector<data::NearCopy> disputed_near_;
};

void write_pairs(const std::string& file, const data::Dataset& dataset, const Findings& findings) {
  const int height = dataset.train.height, width = dataset.train.width;
  if (std::max(height, width) > kLargestShown)
    throw UsageError(fmt::format("images of {}×{} are too large for a picture of pairs", height, width));
  const auto pairs = findings.pairs(kPairRows * kPairsInRow);
  if (pairs.empty()) return say("There are no pairs to show; {} was not written\n", file);
  std::vector<uint8_t> images;
  for (const auto& [first, second] : pairs)
    for (const Place& place : {first, second}) {
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
  const Findings findings(dataset, pool);
  if (options.output.json) {
    write_json(findings.json());
  } else {
    findings.say_all();
  }
  if (!options.pairs.empty()) write_pairs(options.pairs, dataset, findings);
}

}  // namespace

void add_data_check(CLI::App& data) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      data.add_subcommand("check", "Look for copies, wrong labels, and images that are blank or inverted");
  options->dataset.add_to(*command, kAnyDataset);
  command->add_option("--pairs", options->pairs, "Also write a PNG of the copies side by side")
      ->type_name("FILE");
  command->add_option("--threads", options->threads, "Number of threads (default: one for each core)")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
  options->output.add_to(*command);
  command->footer("Example:\n  rung data check data/flowers/ --pairs copies.png");
  command->callback([options] { check(*options); });
}

}  // namespace rung::app

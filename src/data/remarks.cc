// Every check reads as little as possible: of an image, only its smallest and largest pixel.
#include "data/remarks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "data/split_statistics.h"

namespace rung::data {
namespace {

constexpr size_t kMostNamed = 10;
constexpr int kFlat = 8;           // an image whose pixels differ by less shows nothing
constexpr int kDark = 16;          // pixels that all stay below were hardly meant as 0..255
constexpr double kMostFlat = 0.5;  // of the images
constexpr int kImbalance = 3;      // a ratio from here on is worth a remark

// A class's name, or else its number.
std::string name_of(size_t label, std::span<const std::string> names) {
  return label < names.size() ? names[label] : std::to_string(label);
}

// "class 3", "classes 3, 5 and 7", "classes 0 to 9", "classes 0, 2, ... (26 in all)"; "class rose".
std::string named(std::span<const int> classes, std::span<const std::string> class_names) {
  std::vector<std::string> names;
  for (const int label : classes) names.push_back(name_of(static_cast<size_t>(label), class_names));
  if (names.size() == 1) return fmt::format("class {}", names[0]);
  const auto between = static_cast<size_t>(classes.back() - classes.front());
  if (class_names.empty() && classes.size() > 2 && between + 1 == classes.size())
    return fmt::format("classes {} to {}", classes.front(), classes.back());
  const auto joined = [&](size_t count) {
    return fmt::join(names.begin(), names.begin() + static_cast<ptrdiff_t>(count), ", ");
  };
  if (names.size() > kMostNamed)
    return fmt::format("classes {}, ... ({} in all)", joined(kMostNamed), names.size());
  return fmt::format("classes {} and {}", joined(names.size() - 1), names.back());
}

// The classes that have images in `all` but none in `part`.
std::vector<int> missing(std::span<const int> all, std::span<const int> part) {
  std::vector<int> classes;
  for (size_t label = 0; label < all.size(); ++label)
    if (all[label] > 0 && part[label] == 0) classes.push_back(static_cast<int>(label));
  return classes;
}

void remark_on_labels(const Dataset& data, std::span<const int> counts, std::vector<std::string>& remarks) {
  std::vector<int> empty;
  for (size_t label = 0; label < counts.size(); ++label)
    if (counts[label] == 0) empty.push_back(static_cast<int>(label));
  if (empty.empty()) return;
  const int first =
      static_cast<int>(std::ranges::find_if(counts, [](int count) { return count > 0; }) - counts.begin());
  const bool begins_late = static_cast<size_t>(first) == empty.size();
  remarks.push_back(fmt::format(
      "the training labels are {}..{}, but {} {} no image; {}, or the model has outputs that nothing uses",
      first, counts.size() - 1, named(empty, data.class_names), empty.size() == 1 ? "has" : "have",
      begins_late ? fmt::format("subtract {} from every label", first) : "number the classes without gaps"));
}

void remark_on_outputs(const Dataset& data, int outputs, std::vector<std::string>& remarks) {
  if (outputs <= data.classes) return;
  remarks.push_back(
      fmt::format("the model has {} classes, but no label of {} is above {}: with classes = {} in [model] it "
                  "has no outputs "
                  "that nothing uses",
                  outputs, data.name, data.classes - 1, data.classes));
}

void remark_on_test(const Dataset& data, std::span<const int> all, std::vector<std::string>& remarks) {
  if (data.test.count == 0) return;
  const auto lacks = missing(all, class_counts(data.test.labels, data.classes));
  if (lacks.empty()) return;
  remarks.push_back(fmt::format("the test set has no image of {}: test accuracy says nothing about {}",
                                named(lacks, data.class_names), lacks.size() == 1 ? "it" : "them"));
}

void remark_on_validation(const Dataset& data, const DatasetSpec& spec, std::span<const int> all,
                          std::vector<std::string>& remarks) {
  const int held_out = spec.validation.images;
  if (held_out == 0) return;
  const auto trained = static_cast<size_t>(data.train.count - held_out);
  const std::span labels(data.train.labels);
  const std::string mend = spec.validation_split == ValidationSplit::kLast
                               ? "set validation_split = \"stratified\" in [dataset]"
                               : "change validation in [dataset]";
  const auto untrained = missing(all, class_counts(labels.first(trained), data.classes));
  if (!untrained.empty())
    remarks.push_back(
        fmt::format("all images of {} are held out for validation, so the model never trains "
                    "on {}; {}",
                    named(untrained, data.class_names), untrained.size() == 1 ? "it" : "them", mend));
  const auto unseen = missing(all, class_counts(labels.subspan(trained), data.classes));
  if (!unseen.empty())
    remarks.push_back(fmt::format("no image of {} is held out: validation accuracy says nothing about {}; {}",
                                  named(unseen, data.class_names), unseen.size() == 1 ? "it" : "them", mend));
}

struct Brightness {
  int largest = 0;  // pixel of all images
  int flat = 0;     // images that show nothing
};

Brightness brightness_of(const Split& split) {
  Brightness result;
  for (size_t image = 0; image < static_cast<size_t>(split.count); ++image) {
    uint8_t least = 255;
    uint8_t largest = 0;
    // (Without branches, so that it becomes vector instructions.)
    for (const uint8_t pixel : split.image(image)) {
      least = std::min(least, pixel);
      largest = std::max(largest, pixel);
    }
    result.largest = std::max<int>(result.largest, largest);
    result.flat += largest - least < kFlat ? 1 : 0;
  }
  return result;
}

void remark_on_pixels(const char* name, const Split& split, std::vector<std::string>& remarks) {
  if (split.count == 0) return;
  const auto [largest, flat] = brightness_of(split);
  if (largest < kDark) {
    remarks.push_back(
        fmt::format("no pixel of the {} images is above {} of 255: were they scaled to 0..{}? "
                    "Write them as uint8 from 0 to 255",
                    name, largest, std::max(1, largest)));
  } else if (flat >= kMostFlat * split.count) {
    remarks.push_back(fmt::format(
        "{} {} images are nearly one grey (their pixels differ by less than {} of 255); "
        "look at them with `rung data show`",
        flat == split.count ? fmt::format("all {}", flat) : fmt::format("{} of the {}", flat, split.count),
        name, kFlat));
  }
}

}  // namespace

std::vector<std::string> remarks_on(const Dataset& data, const DatasetSpec& spec, int outputs) {
  std::vector<std::string> remarks;
  const std::vector<int> counts = class_counts(data.train.labels, data.classes);
  remark_on_labels(data, counts, remarks);
  remark_on_outputs(data, outputs, remarks);
  remark_on_test(data, counts, remarks);
  remark_on_validation(data, spec, counts, remarks);
  remark_on_pixels("training", data.train, remarks);
  remark_on_pixels("test", data.test, remarks);
  return remarks;
}

std::optional<std::string> imbalance_remark(std::span<const int> counts, std::span<const std::string> names) {
  size_t smallest = counts.size();
  size_t largest = counts.size();
  for (size_t label = 0; label < counts.size(); ++label) {
    if (counts[label] == 0) continue;
    if (smallest == counts.size() || counts[label] < counts[smallest]) smallest = label;
    if (largest == counts.size() || counts[label] > counts[largest]) largest = label;
  }
  if (smallest == counts.size() || counts[largest] < int64_t{kImbalance} * counts[smallest])
    return std::nullopt;
  return fmt::format(
      "class {} has {} training images and class {} has {}: accuracy is mostly that of the large classes; "
      "class_weights = \"balanced\" in [training] counts all classes alike",
      name_of(smallest, names), counts[smallest], name_of(largest, names), counts[largest]);
}

}  // namespace rung::data

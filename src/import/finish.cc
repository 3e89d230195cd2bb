#include "import/finish.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <optional>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/require.h"
#include "base/text.h"
#include "data/arrange.h"
#include "data/class_names.h"
#include "data/image.h"
#include "data/resize.h"
#include "import/file_tree.h"
#include "import/map_classes.h"
#include "import/natural_order.h"

namespace rung::imports {
namespace {

constexpr size_t kMostClasses = 256;  // a label is a byte
constexpr uint32_t kNone = ~uint32_t{0};
constexpr uint32_t kTestDraw = 0;  // as of data::arranged()
constexpr size_t kAtOnce = 256;    // images
constexpr int kWhite = 255;

std::vector<int> counts_of(const ImageSet& set, const std::vector<uint32_t>& images) {
  std::vector<int> counts(set.classes.size());
  for (const uint32_t image : images) ++counts[set.labels[image]];
  return counts;
}

// The old labels of the classes that were asked for.
std::vector<uint32_t> asked_for(const ImageSet& set, const std::vector<std::string>& wanted) {
  std::vector<uint32_t> order;
  for (const std::string& name : wanted) {
    order.push_back(static_cast<uint32_t>(require_class(set, name)));
    if (std::ranges::count(order, order.back()) > 1)
      throw UsageError(fmt::format("the class {} is asked for twice", quotable(name)));
  }
  return order;
}

std::vector<uint32_t> all_with_images(const ImageSet& set) {
  std::vector<int> counts = counts_of(set, set.train);
  const std::vector<int> test = counts_of(set, set.test);
  std::vector<uint32_t> order;
  for (uint32_t label = 0; label < counts.size(); ++label)
    if (counts[label] + test[label] > 0) order.push_back(label);
  if (set.keep_class_order) return order;
  std::ranges::sort(order, natural_less,
                    [&](uint32_t label) { return std::string_view(set.classes[label]); });
  return order;
}

std::optional<int64_t> number_in(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  return is_number ? std::optional(value) : std::nullopt;
}

// Labels that are numbers, but not 0, 1, 2, ...
void say_renumbered(ImageSet& set) {
  std::vector<int64_t> numbers;
  for (const std::string& name : set.classes) {
    const auto number = number_in(name);
    if (!number) return;
    numbers.push_back(*number);
  }
  std::vector<int64_t> missing;
  for (int64_t number = numbers.front(); number < numbers.back() && missing.size() < kMostClasses; ++number)
    if (!std::ranges::binary_search(numbers, number)) missing.push_back(number);
  if (numbers.front() == 0 && missing.empty()) return;
  set.steps.push_back(fmt::format(
      "The labels were {} to {}{}: they became 0 to {}, and the classes keep the old ones as their names.",
      numbers.front(), numbers.back(),
      missing.empty()
          ? ""
          : fmt::format(" without {}", shortened(fmt::format("{}", fmt::join(missing, ", ")), 100)),
      numbers.size() - 1));
}

// Exchanges the labels for their places in `order`; images of other classes are left out.
void renumber(ImageSet& set, const std::vector<uint32_t>& order) {
  std::vector<uint32_t> place_of(set.classes.size(), kNone);
  std::vector<std::string> classes;
  for (const uint32_t label : order) {
    place_of[label] = static_cast<uint32_t>(classes.size());
    classes.push_back(set.classes[label]);
  }
  for (std::vector<uint32_t>* images : {&set.train, &set.test})
    std::erase_if(*images, [&](uint32_t image) { return place_of[set.labels[image]] == kNone; });
  for (uint32_t& label : set.labels) label = place_of[label];
  set.classes = std::move(classes);
}

void require_classes(const ImageSet& set) {
  if (set.classes.size() < 2)
    throw DataError(set.classes.empty()
                        ? "there are no images"
                        : fmt::format("all images are of one class, {}", quotable(set.classes[0])),
                    "a classifier needs two classes or more");
  if (set.classes.size() > kMostClasses)
    throw DataError(
        fmt::format("there are {} classes, the first {} and the last {}; at most {} are supported",
                    set.classes.size(), quotable(set.classes.front()), quotable(set.classes.back()),
                    kMostClasses),
        "are these the labels? --classes chooses some of them");
  if (const std::string problem = data::problem_of(set.classes); !problem.empty()) throw DataError(problem);
}

void require_training_images(const ImageSet& set, std::string_view hint) {
  const std::vector<int> counts = counts_of(set, set.train);
  const auto none = std::ranges::find(counts, 0);
  if (none != counts.end())
    throw DataError(fmt::format("the class {} has test images, but no training images",
                                quotable(set.classes[static_cast<size_t>(none - counts.begin())])),
                    std::string(hint));
}

bool is_all_grey(const ImageSet& set) {
  for (size_t at = 0; at < set.pixels.size(); at += 3)
    if (set.pixels[at] != set.pixels[at + 1] || set.pixels[at] != set.pixels[at + 2]) return false;
  return true;
}

// Of equal channels the grey level is any of them.
void make_grey(ImageSet& set) {
  data::make_grey(set.pixels);
  set.pixels.shrink_to_fit();
  set.channels = 1;
}

void settle_colours(ImageSet& set, bool wants_grey) {
  if (set.channels == 1) return;
  if (wants_grey) {
    make_grey(set);
    set.steps.push_back(fmt::format("The images were in colour and {}", kBecameGrey));
  } else if (is_all_grey(set)) {
    make_grey(set);
    set.steps.emplace_back("The images were stored in colour, but all are grey: one channel was kept.");
  }
}

// [height,width,channels] to [width,height,channels].
void transpose(const ImageSet& set, const uint8_t* in, uint8_t* out) {
  const auto height = static_cast<size_t>(set.height);
  const auto width = static_cast<size_t>(set.width);
  const auto channels = static_cast<size_t>(set.channels);
  for (size_t column = 0; column < width; ++column)
    for (size_t row = 0; row < height; ++row)
      out = std::copy_n(in + (row * width + column) * channels, channels, out);
}

void transpose_all(ImageSet& set, ThreadPool& pool) {
  const size_t size = set.image_bytes();
  std::vector<std::vector<uint8_t>> copies(static_cast<size_t>(pool.size()), std::vector<uint8_t>(size));
  pool.for_each(set.count, [&](int image, int thread) {
    uint8_t* pixels = set.pixels.data() + static_cast<size_t>(image) * size;
    std::vector<uint8_t>& copy = copies[static_cast<size_t>(thread)];
    std::copy_n(pixels, size, copy.begin());
    transpose(set, copy.data(), pixels);
  });
  std::swap(set.height, set.width);
  set.steps.emplace_back(set.is_transposed
                             ? "EMNIST stores its images transposed: rows and columns were exchanged."
                             : "Rows and columns were exchanged.");
}

// Some images at once, so that the smaller ones can take the place of the larger ones.
void resize_all(ImageSet& set, const Size& size, const Work& work) {
  const auto count = static_cast<size_t>(set.count);
  const size_t in_bytes = set.image_bytes();
  const size_t out_bytes =
      static_cast<size_t>(size.height) * static_cast<size_t>(size.width) * static_cast<size_t>(set.channels);
  std::vector<uint8_t> larger(out_bytes > in_bytes ? out_bytes * count : 0);
  std::vector<uint8_t>& out = larger.empty() ? set.pixels : larger;
  std::vector<std::vector<uint8_t>> resized(kAtOnce);
  for (size_t done = 0; done < count; done += kAtOnce) {
    const size_t some = std::min(kAtOnce, count - done);
    for_each_in_order(work.pool, some, [&](size_t i) {
      const auto begin = set.pixels.begin() + static_cast<ptrdiff_t>((done + i) * in_bytes);
      const data::Image image{
          set.height, set.width, {begin, begin + static_cast<ptrdiff_t>(in_bytes)}, set.channels};
      resized[i] = data::resized(image, size.height, size.width).pixels;
    });
    for (size_t i = 0; i < some; ++i)
      std::ranges::copy(resized[i], out.begin() + static_cast<ptrdiff_t>((done + i) * out_bytes));
    work.report("resized", done + some, count);
  }
  if (larger.empty()) {
    set.pixels.resize(out_bytes * count);
  } else {
    set.pixels = std::move(larger);
  }
  set.steps.push_back(
      fmt::format("The images were resized from {} x {} to {} x {} (width x height), with every "
                  "pixel's share in the result.",
                  set.width, set.height, size.width, size.height));
  set.height = size.height;
  set.width = size.width;
}

// Values from 0 to `white` become those from 0 to 255.
void stretch(ImageSet& set, int white) {
  std::array<uint8_t, kWhite + 1> level{};
  for (int value = 0; value <= white; ++value)
    level[static_cast<size_t>(value)] = static_cast<uint8_t>((2 * value * kWhite + white) / (2 * white));
  for (uint8_t& pixel : set.pixels) {
    if (pixel > white)
      throw DataError(
          fmt::format("a pixel has the value {}, which is more than the {} of --white", pixel, white));
    pixel = level[pixel];
  }
  set.steps.push_back(
      fmt::format("Pixels were from 0 to {0}: they were multiplied by 255 / {0} and rounded.", white));
}

// Bits, nibbles, and the 17 levels of the UCI repository's digits are pixels that nobody sees.
void say_dark(ImageSet& set) {
  constexpr std::array<uint8_t, 3> kWhites = {1, 15, 16};
  uint8_t largest = 0;
  for (const uint8_t pixel : set.pixels) largest = std::max(largest, pixel);
  if (std::ranges::count(kWhites, largest) > 0)
    set.steps.push_back(
        fmt::format("No pixel is more than {0}: if that is white, import with --white {0}.", largest));
}

}  // namespace

void choose_classes(ImageSet& set, const std::vector<std::string>& wanted) {
  const size_t before = set.train.size() + set.test.size();
  const size_t classes = set.classes.size();
  renumber(set, wanted.empty() ? all_with_images(set) : asked_for(set, wanted));
  require_classes(set);
  require_training_images(set, "is the name of the class spelt in the same way in both?");
  if (wanted.empty()) return say_renumbered(set);
  const size_t left_out = before - set.train.size() - set.test.size();
  if (left_out == 0)
    return set.steps.push_back(fmt::format("The classes were put into this order: {}.",
                                           shortened(fmt::format("{}", fmt::join(set.classes, ", ")), 300)));
  set.steps.push_back(fmt::format("Of {} classes {} were chosen; {} of the others were left out.", classes,
                                  set.classes.size(), counted(left_out, "image")));
}

void name_classes(ImageSet& set, const std::vector<std::string>& names) {
  if (names.empty()) return;
  RUNG_REQUIRE(data::problem_of(names).empty());
  if (names.size() != set.classes.size())
    throw DataError(
        fmt::format("there are {}, not {}", counted(set.classes.size(), "class"), names.size()),
        fmt::format("the classes are {}", shortened(fmt::format("{}", fmt::join(set.classes, ", ")), 300)));
  if (names == set.classes) return;
  set.steps.push_back(fmt::format("The classes {} were called {}.",
                                  shortened(fmt::format("{}", fmt::join(set.classes, ", ")), 200),
                                  shortened(fmt::format("{}", fmt::join(names, ", ")), 200)));
  set.classes = names;
}

void draw_test(ImageSet& set, const data::Portion& portion, uint64_t seed) {
  if (!set.test.empty() && portion.empty()) return;
  if (!set.test.empty())
    throw UsageError("there are test images, and --test draws others from the training images",
                     "leave --test out, or move the test images away");
  if (portion.empty())
    throw UsageError("there are training images, but no test images",
                     "--test 0.2 takes a fifth of the images of each class for the test");
  const auto all = static_cast<int>(set.train.size());
  const int count = data::images_in(portion, all);
  if (count >= all)
    throw UsageError(fmt::format("--test takes {} of {}: none is left to train on", count,
                                 counted(set.train.size(), "image")));
  std::vector<uint8_t> labels;
  for (const uint32_t image : set.train) labels.push_back(static_cast<uint8_t>(set.labels[image]));
  std::vector<uint32_t> train;
  const std::vector<uint32_t> drawn = data::stratified(labels, count, seed, kTestDraw);
  for (uint32_t i = 0; i < labels.size(); ++i)
    (std::ranges::binary_search(drawn, i) ? set.test : train).push_back(set.train[i]);
  set.train = std::move(train);
  require_training_images(set, "--test takes them all: lower it, or add images of this class");
  set.steps.push_back(fmt::format("{} drawn from {} for the test, by class, with the seed {}.",
                                  counted(drawn.size(), "image") + (drawn.size() == 1 ? " was" : " were"),
                                  labels.size(), seed));
}

void change_pixels(ImageSet& set, const Options& options, const Work& work) {
  settle_colours(set, options.grey);
  if (options.white == kWhite)
    say_dark(set);
  else
    stretch(set, options.white);
  if (options.transpose || set.is_transposed) transpose_all(set, work.pool);
  const bool fits =
      !options.resize || (options.resize->height == set.height && options.resize->width == set.width);
  if (!fits) resize_all(set, *options.resize, work);
  if (!options.invert) return;
  for (uint8_t& pixel : set.pixels) pixel = static_cast<uint8_t>(255 - pixel);
  set.steps.emplace_back("Light and dark were exchanged.");
}

}  // namespace rung::imports

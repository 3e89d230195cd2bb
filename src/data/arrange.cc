#include "data/arrange.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <numeric>
#include <utility>

#include "base/error.h"
#include "base/philox.h"
#include "base/require.h"
#include "data/split_statistics.h"

namespace rung::data {
namespace {

constexpr uint32_t kTestDraw = 0;
constexpr uint32_t kValidationDraw = 1;

// How many of `count` images each class gives: its share rounded down, and one more for the classes with the
// largest remainders; ties go to the lower number.
std::vector<int> quotas(std::span<const int> sizes, int count) {
  const int64_t all = std::accumulate(sizes.begin(), sizes.end(), int64_t{0});
  std::vector<int> quota;
  std::vector<int64_t> remainder;
  for (const int size : sizes) {
    const int64_t product = int64_t{size} * count;
    quota.push_back(static_cast<int>(product / all));
    remainder.push_back(product % all);
  }
  std::vector<size_t> order(sizes.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, [&](size_t a, size_t b) { return remainder[a] > remainder[b]; });
  const auto missing = static_cast<size_t>(count - std::accumulate(quota.begin(), quota.end(), 0));
  for (size_t i = 0; i < missing; ++i) ++quota[order[i]];
  return quota;
}

// Item 0 of this purpose is the order of the training images; here the items are the classes, from 1.
RandomStream stream_of(uint64_t seed, size_t label, uint32_t draw) {
  return {seed, RandomPurpose::kShuffle, static_cast<uint32_t>(label) + 1, draw};
}

// Leaves the first `count` of a Fisher-Yates shuffle.
void keep_drawn(std::vector<uint32_t>& images, int count, RandomStream random) {
  for (size_t i = 0; i < static_cast<size_t>(count); ++i)
    std::swap(images[i], images[i + random.below(static_cast<uint32_t>(images.size() - i))]);
  images.resize(static_cast<size_t>(count));
}

// All other indices. `drawn` ascends.
std::vector<uint32_t> others(std::span<const uint32_t> drawn, int count) {
  std::vector<uint32_t> all(static_cast<size_t>(count));
  std::iota(all.begin(), all.end(), 0U);
  std::vector<uint32_t> rest;
  std::ranges::set_difference(all, drawn, std::back_inserter(rest));
  return rest;
}

Split subset(const Split& split, std::span<const uint32_t> images) {
  Split result{static_cast<int>(images.size()), split.height, split.width, {}, {}, split.channels};
  result.pixels.reserve(images.size() * split.image_bytes());
  for (const uint32_t image : images) {
    const auto pixels = split.image(image);
    result.pixels.insert(result.pixels.end(), pixels.begin(), pixels.end());
    result.labels.push_back(split.labels[image]);
    if (!split.weights.empty()) result.weights.push_back(split.weights[image]);
  }
  return result;
}

void take_test_images(Dataset& data, const DatasetSpec& spec) {
  const int count = images_in(spec.test, data.train.count);
  if (count >= data.train.count)
    throw UsageError(fmt::format("a test set of {} images leaves none of the {} training images of {}", count,
                                 data.train.count, data.name),
                     "lower test in [dataset]");
  const auto drawn = stratified(data.train.labels, count, spec.split_seed, kTestDraw);
  data.test = subset(data.train, drawn);
  data.train = subset(data.train, others(drawn, data.train.count));
}

void require_one_source_of_tests(const Dataset& data, const DatasetSpec& spec) {
  if (spec.test.empty() && data.test.count == 0)
    throw UsageError(fmt::format("{} has training images, but no test images", data.name),
                     "add files with test images, or test = 0.2 to [dataset], which takes a fifth of the "
                     "training images");
  if (!spec.test.empty() && data.test.count > 0)
    throw UsageError(
        fmt::format("{} has test images, and [dataset] takes others from the training images", data.name),
        "leave `test` out, or move the files with the test images away");
}

bool draws_validation(const DatasetSpec& spec) {
  return spec.validation_split == ValidationSplit::kStratified && !spec.validation.empty();
}

void hold_out(Dataset& data, const DatasetSpec& spec) {
  const int count = images_in(spec.validation, data.train.count);
  if (count >= data.train.count) return;  // refused when it is resolved
  const auto drawn = stratified(data.train.labels, count, spec.split_seed, kValidationDraw);
  auto order = others(drawn, data.train.count);
  order.insert(order.end(), drawn.begin(), drawn.end());
  data.train = subset(data.train, order);
}

// Six digits: no image looks different, and a person can read them.
double rounded(double value) {
  const std::string text = fmt::format("{:.6g}", value);
  double result = 0;
  std::from_chars(text.data(), text.data() + text.size(), result);
  return result;
}

std::string text_of(const Portion& portion) {
  return portion.share > 0 ? fmt::format("{}", portion.share) : fmt::format("{}", portion.images);
}

}  // namespace

ValidationSplit default_split(std::string_view name) {
  return is_folder(name) ? ValidationSplit::kStratified : ValidationSplit::kLast;
}

int images_in(const Portion& portion, int count) {
  return portion.share > 0 ? static_cast<int>(std::ceil(portion.share * count)) : portion.images;
}

std::vector<uint32_t> stratified(std::span<const uint8_t> labels, int count, uint64_t seed, uint32_t draw) {
  RUNG_REQUIRE(count >= 0 && static_cast<size_t>(count) <= labels.size());
  std::vector<std::vector<uint32_t>> images(256);  // by class
  for (size_t image = 0; image < labels.size(); ++image)
    images[labels[image]].push_back(static_cast<uint32_t>(image));
  std::vector<int> sizes;
  for (const auto& of_class : images) sizes.push_back(static_cast<int>(of_class.size()));
  const std::vector<int> quota = quotas(sizes, count);
  std::vector<uint32_t> drawn;
  for (size_t label = 0; label < images.size(); ++label) {
    keep_drawn(images[label], quota[label], stream_of(seed, label, draw));
    drawn.insert(drawn.end(), images[label].begin(), images[label].end());
  }
  std::ranges::sort(drawn);
  return drawn;
}

Dataset arranged(Dataset files, const DatasetSpec& spec) {
  require_one_source_of_tests(files, spec);
  if (!spec.test.empty()) take_test_images(files, spec);
  if (draws_validation(spec)) hold_out(files, spec);
  return files;
}

DatasetSpec resolved(DatasetSpec spec, const Dataset& arranged) {
  if (spec.class_names.empty()) spec.class_names = arranged.class_names;
  const Split& train = arranged.train;
  if (!spec.test.empty()) spec.test = arranged.test.count;
  spec.validation = images_in(spec.validation, train.count);
  const int left = train.count - spec.validation.images;
  if (left <= 0)
    throw UsageError(fmt::format("a validation split of {} images leaves none of the {} training images",
                                 spec.validation.images, train.count),
                     "lower validation in [dataset]");
  if (spec.mean && spec.std) return spec;
  const Moments found = moments_of(train, left);
  if (!spec.std && std::ranges::all_of(found.std.values(), [](double std) { return std == 0; }))
    throw UsageError(fmt::format("all pixels of the training images of {} have the value {}", arranged.name,
                                 std::lround(found.mean.of_channel(0) * 255)),
                     "look at the images with `rung data show`, and write them anew");
  if (!spec.mean) spec.mean = found.mean.map(rounded);
  if (!spec.std) spec.std = found.std.map([](double std) { return std::max(rounded(std), kLeastStd); });
  return spec;
}

bool is_resolved(const DatasetSpec& spec) {
  return spec.mean && spec.std && spec.validation.share == 0 && spec.test.share == 0;
}

std::string arrangement_of(const DatasetSpec& spec) {
  std::string text = spec.name;
  if (!spec.test.empty()) text += fmt::format(", test {}", text_of(spec.test));
  if (draws_validation(spec)) text += fmt::format(", validation {}", text_of(spec.validation));
  if (!spec.test.empty() || draws_validation(spec)) text += fmt::format(", split_seed {}", spec.split_seed);
  return text;
}

}  // namespace rung::data

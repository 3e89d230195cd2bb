#include "inspect/digits.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "data/examples.h"
#include "data/fit_digit.h"
#include "inspect/assets.h"
#include "nn/inference.h"
#include "nn/plan.h"
#include "recipe/recipe.h"
#include "train/checkpoint.h"
#include "train/logits.h"

namespace rung::inspect {
namespace {

constexpr size_t kDigits = 10;
constexpr size_t kFewestClasses = 5;  // of digits
constexpr int kSide = 28;             // pixels, as the classifier takes them
constexpr size_t kAllSymmetries = kSymmetries;

// How often [symmetry][class][digit] the classifier sees a digit in an image of a class.
using Votes = std::array<std::vector<std::array<int, kDigits>>, kAllSymmetries>;

// The digit of each class: its own, or none.
using DigitOf = std::vector<std::optional<size_t>>;

struct Sample {
  std::vector<uint32_t> images;
  DigitOf digit_of;
  bool any_order = false;  // the classes may be the digits in any order
};

std::string name_of_class(size_t label, std::span<const std::string> names) {
  return label < names.size() ? names[label] : std::to_string(label);
}

// The images of the classes that may be digits, all classes in turn.
Sample sample_of(const data::Split& split, std::span<const std::string> class_names) {
  std::array<bool, 256> is_used{};
  for (const uint8_t label : split.labels) is_used[label] = true;
  Sample sample;
  size_t used = 0, digits = 0;
  for (size_t label = 0; label < is_used.size(); ++label) {
    const std::string name = name_of_class(label, class_names);
    const bool is_digit = name.size() == 1 && name[0] >= '0' && name[0] <= '9';
    sample.digit_of.push_back(is_digit ? std::optional(static_cast<size_t>(name[0] - '0')) : std::nullopt);
    used += is_used[label] ? 1 : 0;
    digits += is_used[label] && is_digit ? 1 : 0;
  }
  sample.any_order = used == kDigits;
  if (!sample.any_order && digits < kFewestClasses) return sample;
  std::vector<uint8_t> labels;
  std::vector<uint32_t> images;
  for (size_t image = 0; image < split.labels.size(); ++image) {
    const uint8_t label = split.labels[image];
    if (!sample.any_order && !sample.digit_of[label]) continue;
    labels.push_back(label);
    images.push_back(static_cast<uint32_t>(image));
  }
  for (const uint32_t chosen : data::in_turn(labels, kMostDigits)) sample.images.push_back(images[chosen]);
  return sample;
}

// Appends the image with the symmetry undone.
void append_undone(const data::Image& image, size_t symmetry, std::vector<uint8_t>& pixels) {
  const bool mirrored = (symmetry & 1) != 0, flipped = (symmetry & 2) != 0, transposed = (symmetry & 4) != 0;
  for (size_t row = 0; row < kSide; ++row)
    for (size_t column = 0; column < kSide; ++column) {
      const size_t y = transposed ? column : row, x = transposed ? row : column;
      pixels.push_back(image.pixels[(flipped ? kSide - 1 - y : y) * kSide + (mirrored ? kSide - 1 - x : x)]);
    }
}

// The images as MNIST would have them; none where nothing stands out.
std::vector<std::optional<data::Image>> fitted(const data::Split& split, std::span<const uint32_t> images,
                                               ThreadPool& pool) {
  std::vector<std::optional<data::Image>> result(images.size());
  pool.for_each(static_cast<int>(images.size()), [&](int at, int) {
    const auto i = static_cast<size_t>(at);
    result[i] = data::fit_digit(
        data::as_grey(data::from_planes(split.image(images[i]), split.height, split.width, split.channels)),
        data::Ink::kEither, kSide, kSide);
  });
  return result;
}

// The digits that the classifier sees in images [count][28][28].
std::vector<size_t> read_digits(std::vector<uint8_t> pixels, ThreadPool& pool) {
  constexpr const char* kFile = "digits.safetensors";
  const recipe::Recipe recipe = recipe::parse(kDigitsRecipe, "digits.toml");
  const nn::Plan plan = nn::make_plan(recipe.model);
  const auto tensors =
      train::parse_safetensors(std::as_bytes(std::span(kDigitsWeights.data(), kDigitsWeights.size())), kFile);
  const nn::Weights weights = train::load_weights(plan, tensors, kFile, recipe::to_toml(recipe));
  nn::Inference inference(plan, pool);
  const data::ImagesView images{pixels, {1, kSide, kSide}};
  const std::vector<float> logits = train::logits_of(images, recipe.dataset, inference, weights);
  std::vector<size_t> digits;
  for (auto row = logits.begin(); row != logits.end(); row += kDigits)
    digits.push_back(static_cast<size_t>(std::max_element(row, row + kDigits) - row));
  return digits;
}

Votes votes_of(const data::Split& split, const Sample& sample, ThreadPool& pool) {
  const auto images = fitted(split, sample.images, pool);
  std::vector<uint8_t> pixels;
  std::vector<uint8_t> labels;
  for (size_t i = 0; i < images.size(); ++i) {
    if (!images[i]) continue;
    labels.push_back(split.labels[sample.images[i]]);
    for (size_t symmetry = 0; symmetry < kAllSymmetries; ++symmetry)
      append_undone(*images[i], symmetry, pixels);
  }
  Votes votes;
  votes.fill(std::vector<std::array<int, kDigits>>(sample.digit_of.size()));
  const std::vector<size_t> digits = read_digits(std::move(pixels), pool);
  for (size_t i = 0; i < digits.size(); ++i)
    ++votes[i % kAllSymmetries][labels[i / kAllSymmetries]][digits[i]];
  return votes;
}

int agreeing(const std::vector<std::array<int, kDigits>>& votes, const DigitOf& digit_of) {
  int sum = 0;
  for (size_t label = 0; label < votes.size(); ++label)
    if (digit_of[label]) sum += votes[label][*digit_of[label]];
  return sum;
}

// The most that agree in any order of the digits: the best sum for every set of digits that are given away to
// the first classes, class by class.
int agreeing_in_any_order(const std::vector<std::array<int, kDigits>>& votes) {
  std::vector<int> best(size_t{1} << kDigits, -1);
  best[0] = 0;
  for (const auto& of_class : votes) {
    if (std::ranges::all_of(of_class, [](int count) { return count == 0; })) continue;
    std::vector<int> next(best.size(), -1);
    for (size_t given = 0; given < best.size(); ++given)
      for (size_t digit = 0; best[given] >= 0 && digit < kDigits; ++digit) {
        const size_t with = given | size_t{1} << digit;
        if (with != given) next[with] = std::max(next[with], best[given] + of_class[digit]);
      }
    best = std::move(next);
  }
  return *std::ranges::max_element(best);
}

template <typename Agreeing>
std::optional<Digits> judged(const Votes& votes, int images, double least, Agreeing count) {
  std::array<double, kAllSymmetries> shares{};
  for (size_t symmetry = 0; symmetry < kAllSymmetries; ++symmetry)
    shares[symmetry] = static_cast<double>(count(votes[symmetry])) / images;
  const auto best = std::ranges::max_element(shares);
  for (auto share = shares.begin(); share != shares.end(); ++share)
    if (*best < least || (share != best && *best - *share < kLeastLead)) return std::nullopt;
  return Digits{.symmetry = static_cast<Symmetry>(best - shares.begin()),
                .images = images,
                .agreement = *best,
                .unchanged = shares[0]};
}

std::string evidence(const Digits& digits) {
  return fmt::format(
      "a digit classifier agrees with {:.0f} % of {} labels if that is undone, with {:.0f} % if not",
      100 * digits.agreement, with_commas(digits.images), 100 * digits.unchanged);
}

}  // namespace

std::string_view name_of(Symmetry symmetry) {
  static constexpr std::array<std::string_view, kAllSymmetries> kNames = {"upright",
                                                                          "mirrored",
                                                                          "flipped",
                                                                          "rotated_180",
                                                                          "transposed",
                                                                          "rotated_90_clockwise",
                                                                          "rotated_90_anticlockwise",
                                                                          "antitransposed"};
  return kNames[static_cast<size_t>(symmetry)];
}

std::string_view words_for(Symmetry symmetry) {
  static constexpr std::array<std::string_view, kAllSymmetries> kWords = {
      "upright",
      "mirrored (left and right are exchanged)",
      "upside down (top and bottom are exchanged)",
      "turned by 180°",
      "transposed (rows and columns are exchanged)",
      "turned clockwise by 90°",
      "turned anticlockwise by 90°",
      "transposed and turned by 180°"};
  return kWords[static_cast<size_t>(symmetry)];
}

std::optional<Digits> digits_in(const data::Split& split, std::span<const std::string> class_names,
                                ThreadPool& pool) {
  const Sample sample = sample_of(split, class_names);
  const auto images = static_cast<int>(sample.images.size());
  if (images < kFewestDigits) return std::nullopt;
  const Votes votes = votes_of(split, sample, pool);
  auto result =
      judged(votes, images, kLeastAgreement, [&](const auto& one) { return agreeing(one, sample.digit_of); });
  if (!result && sample.any_order) result = judged(votes, images, kLeastInAnyOrder, agreeing_in_any_order);
  return result;
}

std::string remark_on(const std::optional<Digits>& train, const std::optional<Digits>& test) {
  if (train && test && train->symmetry != test->symmetry)
    return fmt::format("the digits of the training images lie {}, those of the test images {}: {}",
                       words_for(train->symmetry), words_for(test->symmetry),
                       evidence(train->symmetry == Symmetry::kNone ? *test : *train));
  const std::optional<Digits>& digits = train ? train : test;
  if (!digits || digits->symmetry == Symmetry::kNone) return "";
  return fmt::format("the digits lie {}: {}{}", words_for(digits->symmetry), evidence(*digits),
                     digits->symmetry == Symmetry::kTransposed ? "; import them with --transpose" : "");
}

}  // namespace rung::inspect

#include "data/check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <span>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "data/resize.h"

namespace rung::data {
namespace {

using Pixels = std::span<const uint8_t>;

// More would say no more than that everything is alike.
constexpr size_t kMostPerImage = 100;  // near copies that come after an image

class Images {
 public:
  explicit Images(const Dataset& dataset) : dataset_(dataset) {}

  int count() const { return dataset_.train.count + dataset_.test.count; }
  int height() const { return dataset_.train.height; }
  int width() const { return dataset_.train.width; }
  Place place(int image) const {
    const bool is_test = image >= dataset_.train.count;
    return {is_test, is_test ? image - dataset_.train.count : image};
  }
  Pixels pixels(int image) const {
    const Place at = place(image);
    return (at.is_test ? dataset_.test : dataset_.train).image(static_cast<size_t>(at.image));
  }
  Image grey(int image) const {
    return as_grey(from_planes(pixels(image), height(), width(), dataset_.train.channels));
  }

 private:
  const Dataset& dataset_;
};

bool is_blank(Pixels pixels) {
  return std::ranges::all_of(pixels, [&](uint8_t pixel) { return pixel == pixels[0]; });
}

// A bit for each of 8 x 8 places: is it darker than the one to its right?
uint64_t difference_hash(const Images& images, int image) {
  constexpr int kSide = 8;
  const Image small = resized(images.grey(image), kSide, kSide + 1);
  uint64_t hash = 0;
  for (size_t row = 0; row < kSide; ++row)
    for (size_t column = 0; column < kSide; ++column) {
      const size_t at = row * (kSide + 1) + column;
      hash = hash << 1 | static_cast<uint64_t>(small.pixels[at] < small.pixels[at + 1]);
    }
  return hash;
}

// At most kHashBits of them. (Not std::popcount, which is a function's call where the processor's instruction
// may not be used.)
bool has_few_bits(uint64_t bits) {
  for (int i = 0; i < kHashBits; ++i) bits &= bits - 1;
  return bits == 0;
}

double correlation(Pixels x, Pixels y) {
  int64_t sum_x = 0, sum_y = 0, sum_xx = 0, sum_yy = 0, sum_xy = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const int64_t a = x[i], b = y[i];
    sum_x += a;
    sum_y += b;
    sum_xx += a * a;
    sum_yy += b * b;
    sum_xy += a * b;
  }
  const auto count = static_cast<int64_t>(x.size());
  const auto spread = [&](int64_t sum, int64_t squares) {
    return static_cast<double>(count * squares - sum * sum);
  };
  return static_cast<double>(count * sum_xy - sum_x * sum_y) /
         std::sqrt(spread(sum_x, sum_xx) * spread(sum_y, sum_yy));
}

double border_mean(const Images& images, int image) {
  const std::vector<uint8_t> pixels = images.grey(image).pixels;
  const auto height = static_cast<size_t>(images.height()), width = static_cast<size_t>(images.width());
  double sum = 0;
  size_t count = 0;
  for (size_t row = 0; row < height; ++row)
    for (size_t column = 0; column < width; ++column)
      if (row == 0 || column == 0 || row + 1 == height || column + 1 == width) {
        sum += pixels[row * width + column];
        ++count;
      }
  return sum / static_cast<double>(count);
}

class Checker {
 public:
  explicit Checker(const Dataset& dataset) : images_(dataset) {}

  CheckResult run_quickly() {
    find_blank();
    find_copies();
    return std::move(result_);
  }

  CheckResult run(ThreadPool& pool) {
    find_blank();
    find_copies();
    find_near_copies(pool);
    find_inverted(pool);
    return std::move(result_);
  }

 private:
  void find_blank() {
    is_left_out_.resize(static_cast<size_t>(images_.count()));
    for (int image = 0; image < images_.count(); ++image) {
      if (!is_blank(images_.pixels(image))) continue;
      is_left_out_[static_cast<size_t>(image)] = true;
      result_.blank.push_back(images_.place(image));
    }
  }

  // Of each group the first image stands for all in what follows.
  void find_copies() {
    std::unordered_map<std::string_view, size_t> group_of;  // by the pixels themselves
    std::vector<std::vector<Place>> groups;
    for (int image = 0; image < images_.count(); ++image) {
      if (is_left_out_[static_cast<size_t>(image)]) continue;
      const Pixels pixels = images_.pixels(image);
      const std::string_view key(reinterpret_cast<const char*>(pixels.data()), pixels.size());
      const auto [found, is_new] = group_of.try_emplace(key, groups.size());
      if (is_new) groups.emplace_back();
      is_left_out_[static_cast<size_t>(image)] = !is_new;
      groups[found->second].push_back(images_.place(image));
    }
    std::ranges::copy_if(std::move(groups), std::back_inserter(result_.copies),
                         [](const std::vector<Place>& group) { return group.size() > 1; });
  }

  void find_near_copies(ThreadPool& pool) {
    const auto count = static_cast<size_t>(images_.count());
    std::vector<uint64_t> hashes(count);
    pool.for_each(images_.count(), [&](int image, int) {
      if (!is_left_out_[static_cast<size_t>(image)])
        hashes[static_cast<size_t>(image)] = difference_hash(images_, image);
    });
    std::vector<std::vector<NearCopy>> found(count);
    pool.for_each(images_.count(), [&](int image, int) { compare(image, hashes, found); });
    for (std::vector<NearCopy>& of_image : found)
      std::ranges::move(of_image, std::back_inserter(result_.near_copies));
    std::ranges::sort(result_.near_copies, [](const NearCopy& a, const NearCopy& b) {
      return std::tuple(-a.correlation, a.first, a.second) < std::tuple(-b.correlation, b.first, b.second);
    });
    result_.has_more_near_copies = result_.near_copies.size() > kMostNearCopies;
    if (result_.has_more_near_copies) result_.near_copies.resize(kMostNearCopies);
  }

  // With all images that come after it.
  void compare(int image, std::span<const uint64_t> hashes, std::vector<std::vector<NearCopy>>& found) const {
    const auto first = static_cast<size_t>(image);
    if (is_left_out_[first]) return;
    for (size_t second = first + 1; second < hashes.size(); ++second) {
      if (!has_few_bits(hashes[first] ^ hashes[second]) || is_left_out_[second]) continue;
      const int other = static_cast<int>(second);
      const double alike = correlation(images_.pixels(image), images_.pixels(other));
      if (alike < kLeastCorrelation) continue;
      found[first].push_back({images_.place(image), images_.place(other), alike});
      if (found[first].size() == kMostPerImage) return;
    }
  }

  // Where nearly all images have the same ground: those whose border is nearer to the opposite of it.
  void find_inverted(ThreadPool& pool) {
    constexpr double kWhite = 255;
    constexpr double kSameGround = 32;  // levels
    constexpr double kShare = 0.9;
    std::vector<double> borders(static_cast<size_t>(images_.count()));
    if (borders.empty()) return;
    pool.for_each(images_.count(),
                  [&](int image, int) { borders[static_cast<size_t>(image)] = border_mean(images_, image); });
    std::vector<double> sorted = borders;
    const auto middle = sorted.begin() + std::ssize(sorted) / 2;
    std::ranges::nth_element(sorted, middle);
    const double ground = *middle;
    const auto same = std::ranges::count_if(
        borders, [&](double border) { return std::abs(border - ground) <= kSameGround; });
    if (static_cast<double>(same) < kShare * static_cast<double>(borders.size())) return;
    for (size_t image = 0; image < borders.size(); ++image) {
      const Place place = images_.place(static_cast<int>(image));
      if (std::abs(borders[image] - (kWhite - ground)) < std::abs(borders[image] - ground) &&
          !std::ranges::binary_search(result_.blank, place))
        result_.inverted.push_back(place);
    }
  }

  Images images_;
  std::vector<uint8_t> is_left_out_;  // blank, or the copy of an earlier image
  CheckResult result_;
};

}  // namespace

CheckResult check(const Dataset& dataset, ThreadPool& pool) {
  return Checker(dataset).run(pool);
}

CheckResult check_quickly(const Dataset& dataset) {
  return Checker(dataset).run_quickly();
}

std::string faults_at_once(const Dataset& dataset) {
  const CheckResult found = check_quickly(dataset);
  std::vector<std::string> faults;
  const auto add = [&](size_t count, std::string_view what) {
    if (count > 0) faults.push_back(fmt::format("{} {}", counted(count, "image"), what));
  };
  add(static_cast<size_t>(std::ranges::count_if(found.copies, is_across_splits)),
      "both in training and test");
  add(with_different_labels(dataset, found.copies).size(), "with several labels");
  add(found.blank.size(), "of one grey level");
  return fmt::format("{}", fmt::join(faults, ", "));
}

uint8_t label_of(const Dataset& dataset, const Place& place) {
  return (place.is_test ? dataset.test : dataset.train).labels[static_cast<size_t>(place.image)];
}

std::vector<std::vector<Place>> with_different_labels(const Dataset& dataset,
                                                      const std::vector<std::vector<Place>>& groups) {
  std::vector<std::vector<Place>> result;
  std::ranges::copy_if(groups, std::back_inserter(result), [&](const std::vector<Place>& group) {
    return std::ranges::any_of(
        group, [&](const Place& place) { return label_of(dataset, place) != label_of(dataset, group[0]); });
  });
  return result;
}

bool is_across_splits(const std::vector<Place>& group) {
  return group.front().is_test != group.back().is_test;
}

}  // namespace rung::data

#include "data/relief.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <utility>

#include "base/require.h"

namespace rung::data {
namespace {

constexpr size_t kTerms = 6;
constexpr int kRounds = 8;
constexpr float kRounding = 0.29F;          // of a pixel to a whole number: sqrt(1/12)
constexpr float kMadToDeviation = 1.4826F;  // of a normal distribution
constexpr float kPaper = 2.5F;  // pixels this many standard deviations from the surface are not paper

using Terms = std::array<double, kTerms>;

// 1, x, y, x^2, xy, y^2, with both coordinates from -1 to 1.
Terms terms_at(int row, int column, const Image& image) {
  const double x = (2 * column + 1.0) / image.width - 1;
  const double y = (2 * row + 1.0) / image.height - 1;
  return {1, x, y, x * x, x * y, y * y};
}

// Sums over pixels of the products of their terms, and of terms and grey value.
struct NormalEquations {
  std::array<Terms, kTerms> products{};
  Terms values{};

  void add(const Terms& terms, double value) {
    for (size_t i = 0; i < kTerms; ++i) {
      for (size_t j = 0; j < kTerms; ++j) products[i][j] += terms[i] * terms[j];
      values[i] += terms[i] * value;
    }
  }

  // Gauss's elimination; the matrix is positive definite, so no pivot is searched for. A term that the pixels
  // do not determine, as in an image of one row, becomes 0.
  Terms solve() {
    const double little = 1e-9 * (1 + products[0][0]);
    for (size_t i = 0; i < kTerms; ++i) products[i][i] += little;
    for (size_t i = 0; i < kTerms; ++i) {
      for (size_t row = i + 1; row < kTerms; ++row) {
        const double factor = products[row][i] / products[i][i];
        for (size_t j = i; j < kTerms; ++j) products[row][j] -= factor * products[i][j];
        values[row] -= factor * values[i];
      }
    }
    for (size_t i = kTerms; i-- > 0;) {
      for (size_t j = i + 1; j < kTerms; ++j) values[i] -= products[i][j] * values[j];
      values[i] /= products[i][i];
    }
    return values;
  }
};

float median(std::vector<float> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// The standard deviation of most of the values, whatever the others are.
float robust_deviation(std::vector<float> values) {
  for (float& value : values) value = std::abs(value);
  return std::max(kRounding, kMadToDeviation * median(std::move(values)));
}

// The surface that fits the pixels which the relief so far takes for paper.
Terms fitted(const Image& image, const Relief& relief) {
  NormalEquations equations;
  size_t at = 0;
  for (int row = 0; row < image.height; ++row)
    for (int column = 0; column < image.width; ++column, ++at)
      if (std::abs(relief.values[at]) <= kPaper * relief.noise)
        equations.add(terms_at(row, column, image), image.pixels[at]);
  return equations.solve();
}

void subtract(const Image& image, const Terms& surface, Relief& relief) {
  size_t at = 0;
  for (int row = 0; row < image.height; ++row) {
    for (int column = 0; column < image.width; ++column, ++at) {
      const Terms terms = terms_at(row, column, image);
      const double paper = std::inner_product(terms.begin(), terms.end(), surface.begin(), 0.0);
      relief.values[at] = static_cast<float>(image.pixels[at] - paper);
    }
  }
  relief.noise = robust_deviation(relief.values);
}

}  // namespace

// From the middle grey value on, each round fits a surface to the pixels that were near the last one.
Relief relief_of(const Image& image) {
  RUNG_REQUIRE(!image.pixels.empty());
  Relief relief{.height = image.height, .width = image.width, .values = {}};
  relief.values.resize(image.pixels.size());
  subtract(image, {median({image.pixels.begin(), image.pixels.end()})}, relief);
  for (int round = 0; round < kRounds; ++round) subtract(image, fitted(image, relief), relief);
  return relief;
}

}  // namespace rung::data

#include "data/elastic.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "base/require.h"
#include "data/dataset.h"
#include "data/gaussian.h"

namespace rung::data {
namespace {

constexpr size_t kChunk = 16;  // columns whose sums stay in registers

size_t padded(size_t width) {
  return (width + kChunk - 1) / kChunk * kChunk;
}

// torchvision's kernel: int(8 sigma + 1) values, one more if that is even.
std::vector<double> gaussian(double sigma) {
  if (sigma == 0) return {1};
  std::vector<double> kernel;
  gaussian_kernel(sigma, (static_cast<int>(8 * sigma + 1) | 1) / 2, kernel);
  return kernel;
}

// share[to][from]: the share of pixel `from` in pixel `to` of a smoothed line. A kernel is often longer than
// the line, so this takes no more work than a convolution, and needs no border.
std::vector<std::vector<double>> shares(double sigma, int side) {
  const std::vector<double> kernel = gaussian(sigma);
  const int half = static_cast<int>(kernel.size()) / 2;
  const auto size = static_cast<size_t>(side);
  std::vector<std::vector<double>> share(size, std::vector<double>(size));
  for (int to = 0; to < side; ++to) {
    for (size_t k = 0; k < kernel.size(); ++k)
      share[static_cast<size_t>(to)][reflected(to - half + static_cast<int>(k), side)] += kernel[k];
  }
  return share;
}

// to [kChunk] = left [inner] * the first kChunk columns of right [inner][stride].
void multiply_row(const float* left, const float* right, size_t inner, size_t stride, float* to) {
  float sum[kChunk] = {};
  for (size_t j = 0; j < inner; ++j) {
    for (size_t k = 0; k < kChunk; ++k) sum[k] += left[j] * right[j * stride + k];
  }
  std::copy(sum, sum + kChunk, to);
}

// to [rows][stride] = left [rows][inner] * right [inner][stride], where stride is a multiple of kChunk.
void multiply(const float* left, const float* right, size_t rows, size_t inner, size_t stride, float* to) {
  for (size_t column = 0; column < stride; column += kChunk) {
    for (size_t row = 0; row < rows; ++row)
      multiply_row(left + row * inner, right + column, inner, stride, to + row * stride + column);
  }
}

// To the nearest, halves to even, as torch.round: floats in this range have no fraction.
float round_to_even(float value) {
  constexpr float kNoFraction = 0x1.8p23F;
  return (value + kNoFraction) - kNoFraction;
}

struct Source {
  const uint8_t* pixels;  // [height][width]
  int height, width;
  float fill;
};

// At the border a second channel of ones says how much of the value is inside; torchvision weights the value
// by it once more.
float sample_at_border(const Source& source, int left, int top, float right, float down) {
  float value = 0;
  float inside = 0;
  for (const int row : {top, top + 1}) {
    for (const int column : {left, left + 1}) {
      if (row < 0 || row >= source.height || column < 0 || column >= source.width) continue;
      const float weight = (column == left ? 1 - right : right) * (row == top ? 1 - down : down);
      value += weight * static_cast<float>(source.pixels[row * source.width + column]);
      inside += weight;
    }
  }
  return value * inside + (1 - inside) * source.fill;
}

// torch.nn.functional.grid_sample. Beyond two pixels outside there is nothing either, and conversion to int
// stays defined.
float sample(const Source& source, float x, float y) {
  x = std::clamp(x, -2.0F, static_cast<float>(source.width) + 1);
  y = std::clamp(y, -2.0F, static_cast<float>(source.height) + 1);
  const int left = static_cast<int>(x + 2) - 2;
  const int top = static_cast<int>(y + 2) - 2;
  const float right = x - static_cast<float>(left);
  const float down = y - static_cast<float>(top);
  if (left < 0 || left + 1 >= source.width || top < 0 || top + 1 >= source.height)
    return sample_at_border(source, left, top, right, down);
  const uint8_t* pixels = source.pixels + top * source.width + left;
  const auto across = [&](const uint8_t* row) {
    return static_cast<float>(row[0]) + static_cast<float>(row[1] - row[0]) * right;
  };
  const float above = across(pixels);
  return above + (across(pixels + source.width) - above) * down;
}

}  // namespace

Elastic::Elastic(const ElasticTransform& transform, int height, int width)
    : transform_(transform), height_(height), width_(width) {
  RUNG_REQUIRE(std::min(height, width) >= 1 && std::max(height, width) <= kMaxImageSide);
  RUNG_REQUIRE(std::isfinite(transform.alpha) && transform.alpha >= 0);
  RUNG_REQUIRE(std::isfinite(transform.sigma) && transform.sigma >= 0);
  const auto rows = static_cast<size_t>(height);
  const auto columns = static_cast<size_t>(width);
  const auto across = shares(transform.sigma, width);
  const auto down = shares(transform.sigma, height);
  across_.resize(columns * padded(columns));
  for (size_t to = 0; to < columns; ++to) {
    for (size_t from = 0; from < columns; ++from)
      across_[from * padded(columns) + to] = static_cast<float>(across[to][from]);
  }
  for (const auto& row : down) down_.insert(down_.end(), row.begin(), row.end());
  rows_.resize(rows * padded(columns));
  both_.resize(rows_.size());
  for (std::vector<float>* field : {&noise_, &dx_, &dy_}) field->resize(rows * columns);
}

uint64_t Elastic::bytes(int height, int width) {
  const auto rows = static_cast<uint64_t>(height);
  const auto columns = static_cast<uint64_t>(width);
  const uint64_t across = columns * padded(columns);
  return sizeof(float) * (across + rows * rows + 2 * rows * padded(columns) + 3 * rows * columns);
}

// A displacement of one pixel is 2 / width on the grid. torchvision divides both directions' by the matching
// side of (height, width), x's by the height.
double Elastic::pixels_across() const {
  return transform_.alpha / height_ * width_ / 2;
}
double Elastic::pixels_down() const {
  return transform_.alpha / width_ * height_ / 2;
}

void Elastic::draw_displacement(RandomStream& random) {
  draw_noise(random, noise_);
  smooth(noise_, dx_, pixels_across());
  draw_noise(random, noise_);
  smooth(noise_, dy_, pixels_down());
}

void Elastic::apply(const uint8_t* in, uint8_t* out) const {
  warp(in, out, dx_, dy_);
}

// Two values from each random word: smoothing hides steps of 2^-15.
void Elastic::draw_noise(RandomStream& random, std::span<float> noise) const {
  const auto value = [](uint32_t bits) { return static_cast<float>(bits) * 0x1p-15F - (1 - 0x1p-16F); };
  for (size_t i = 0; i < noise.size(); i += 2) {
    const uint32_t word = random.next();
    noise[i] = value(word & 0xFFFF);
    if (i + 1 < noise.size()) noise[i + 1] = value(word >> 16);
  }
}

void Elastic::smooth(std::span<const float> noise, std::span<float> displacement, double alpha_pixels) {
  const auto rows = static_cast<size_t>(height_);
  const auto columns = static_cast<size_t>(width_);
  const size_t stride = padded(columns);
  const auto strength = static_cast<float>(alpha_pixels);
  multiply(noise.data(), across_.data(), rows, columns, stride, rows_.data());
  multiply(down_.data(), rows_.data(), rows, rows, stride, both_.data());
  for (size_t row = 0; row < rows; ++row) {
    for (size_t column = 0; column < columns; ++column)
      displacement[row * columns + column] = strength * both_[row * stride + column];
  }
}

void Elastic::warp(const uint8_t* in, uint8_t* out, std::span<const float> dx,
                   std::span<const float> dy) const {
  const Source source{in, height_, width_, static_cast<float>(transform_.fill)};
  size_t at = 0;
  for (int row = 0; row < source.height; ++row) {
    for (int column = 0; column < source.width; ++column, ++at) {
      const float x = static_cast<float>(column) + dx[at];
      const float y = static_cast<float>(row) + dy[at];
      out[at] = static_cast<uint8_t>(round_to_even(sample(source, x, y)));
    }
  }
}

}  // namespace rung::data

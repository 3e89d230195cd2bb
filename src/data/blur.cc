#include "data/blur.h"

#include <algorithm>
#include <cmath>

#include "base/require.h"
#include "data/dataset.h"
#include "data/gaussian.h"

namespace rung::data {

Blur::Blur(int height, int width) : height_(height), width_(width) {
  RUNG_REQUIRE(std::min(height, width) >= 1 && std::max(height, width) <= kMaxImageSide);
}

void Blur::apply(const uint8_t* in, uint8_t* out, std::array<int, 2> kernel_size, double sigma) {
  RUNG_REQUIRE(kernel_size[0] % 2 == 1 && kernel_size[0] / 2 < width_);
  RUNG_REQUIRE(kernel_size[1] % 2 == 1 && kernel_size[1] / 2 < height_);
  RUNG_REQUIRE(sigma >= 0.01);
  gaussian_kernel(sigma, kernel_size[0] / 2, kernel_);
  blur_across(in, kernel_size[0] / 2);
  gaussian_kernel(sigma, kernel_size[1] / 2, kernel_);
  blur_down(out, kernel_size[1] / 2);
}

uint64_t Blur::bytes(int height, int width) {
  const auto rows = static_cast<uint64_t>(height);
  const auto columns = static_cast<uint64_t>(width);
  return sizeof(double) * 2 * std::max(rows, columns) + sizeof(float) * (3 * columns + rows * columns);
}

void Blur::blur_across(const uint8_t* in, int half) {
  const auto columns = static_cast<size_t>(width_);
  line_.resize(columns + 2 * static_cast<size_t>(half));
  rows_.assign(static_cast<size_t>(height_) * columns, 0);
  for (int row = 0; row < height_; ++row, in += width_) {
    for (int at = 0; at < static_cast<int>(line_.size()); ++at)
      line_[static_cast<size_t>(at)] = in[reflected(at - half, width_)];
    float* sums = rows_.data() + static_cast<size_t>(row) * columns;
    for (size_t k = 0; k < kernel_.size(); ++k) {
      const auto weight = static_cast<float>(kernel_[k]);
      for (size_t column = 0; column < columns; ++column) sums[column] += weight * line_[column + k];
    }
  }
}

// Rounded to the nearest, halves to even, as torch.round.
void Blur::blur_down(uint8_t* out, int half) {
  const auto columns = static_cast<size_t>(width_);
  for (int row = 0; row < height_; ++row, out += width_) {
    line_.assign(columns, 0);
    for (size_t k = 0; k < kernel_.size(); ++k) {
      const auto weight = static_cast<float>(kernel_[k]);
      const float* from = rows_.data() + reflected(row - half + static_cast<int>(k), height_) * columns;
      for (size_t column = 0; column < columns; ++column) line_[column] += weight * from[column];
    }
    for (size_t column = 0; column < columns; ++column)
      out[column] = static_cast<uint8_t>(std::nearbyint(line_[column]));
  }
}

}  // namespace rung::data

#include "kernels/pooling.h"

#include <algorithm>
#include <cmath>

namespace rung::kernels::reference {
namespace {

// Calls visit(output element, its window's input elements in row order) for every lane.
template <typename Visit>
void for_each_window(const PoolShape& s, Visit visit) {
  size_t out = 0;
  for (int c = 0; c < s.channels; ++c) {
    for (const Window& rows : s.rows) {
      for (const Window& columns : s.columns) {
        for (int lane = 0; lane < kLanes; ++lane, ++out) {
          std::vector<size_t> elements;
          for (int row = rows.begin; row < rows.end; ++row) {
            for (int column = columns.begin; column < columns.end; ++column)
              elements.push_back(
                  (static_cast<size_t>(c * s.height + row) * s.width + column) * size_t{kLanes} + lane);
          }
          visit(out, elements, static_cast<float>(rows.size * columns.size));
        }
      }
    }
  }
}

float largest(const float* x, const std::vector<size_t>& elements) {
  float best = x[elements.front()];
  for (const size_t i : elements)
    if (x[i] > best || std::isnan(x[i])) best = x[i];
  return best;
}

}  // namespace

void pool_forward(const PoolShape& shape, const float* x, float* y) {
  for_each_window(shape, [&](size_t out, const std::vector<size_t>& elements, float size) {
    double sum = 0;
    for (const size_t i : elements) sum += x[i];
    y[out] = shape.pooling == Pooling::kMax ? largest(x, elements) : static_cast<float>(sum / size);
  });
}

void pool_backward(const PoolShape& shape, const float* dy, const float* x, float* dx) {
  std::fill_n(dx, block_floats(shape.channels, shape.height, shape.width), 0.0F);
  for_each_window(shape, [&](size_t out, const std::vector<size_t>& elements, float size) {
    if (shape.pooling == Pooling::kAverage) {
      for (const size_t i : elements) dx[i] += dy[out] / size;
      return;
    }
    const float best = largest(x, elements);
    const auto first = std::find_if(elements.begin(), elements.end(), [&](size_t i) { return x[i] == best; });
    if (first != elements.end()) dx[*first] += dy[out];
  });
}

}  // namespace rung::kernels::reference

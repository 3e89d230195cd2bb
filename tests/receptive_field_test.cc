// What layers see of the image against a count: every unit of every layer keeps the set of the pixels that it
// depends on, formed from the layers' definitions. (tests/golden/check_receptive_fields.py compares the same
// with PyTorch's gradients.)
#include "nn/receptive_field.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bitset>
#include <cmath>
#include <functional>
#include <set>
#include <vector>

#include "nn/infer.h"
#include "random_model.h"

namespace rung::nn {
namespace {

constexpr int kMostPixels = 14;
using Pixels = std::bitset<kMostPixels * kMostPixels>;  // [row][column] of the image, whatever the channel
using Units = std::vector<Pixels>;                      // [C][H][W] of one layer's output

// The layers' definitions, on sets.
class Count {
 public:
  explicit Count(const ModelSpec& model) : info_(infer(model)) {
    Units units(static_cast<size_t>(model.input.elements()));
    for (size_t i = 0; i < units.size(); ++i) {
      const size_t pixel = i % static_cast<size_t>(model.input.height * model.input.width);
      const auto width = static_cast<size_t>(model.input.width);
      units[i].set(pixel / width * kMostPixels + pixel % width);
    }
    for (size_t layer = 0; layer < model.layers.size(); ++layer) {
      units = std::visit([&](const auto& spec) { return apply(spec, layer, units); }, model.layers[layer]);
      layers_.push_back(units);
    }
  }

  Size2 field(size_t layer) const {
    Size2 most{0, 0};
    for (const Pixels& unit : layers_[layer]) {
      const auto [rows, columns] = rows_and_columns(unit);
      if (rows.empty()) continue;
      most.h = std::max(most.h, *rows.rbegin() - *rows.begin() + 1);
      most.w = std::max(most.w, *columns.rbegin() - *columns.begin() + 1);
    }
    return most;
  }

  Size2 seen() const {
    Pixels all;
    for (const Pixels& unit : layers_.back()) all |= unit;
    const auto [rows, columns] = rows_and_columns(all);
    return {static_cast<int>(rows.size()), static_cast<int>(columns.size())};
  }

 private:
  static std::pair<std::set<int>, std::set<int>> rows_and_columns(const Pixels& unit) {
    std::pair<std::set<int>, std::set<int>> found;
    for (int i = 0; i < kMostPixels * kMostPixels; ++i) {
      if (!unit[static_cast<size_t>(i)]) continue;
      found.first.insert(i / kMostPixels);
      found.second.insert(i % kMostPixels);
    }
    return found;
  }

  // The inputs that output i reads along one axis; padding is outside of the input.
  using Reads = std::function<std::vector<int>(int)>;
  static Reads sliding(int kernel, int stride, int padding, int dilation) {
    return [=](int i) {
      std::vector<int> inputs;
      for (int tap = 0; tap < kernel; ++tap) inputs.push_back(i * stride - padding + tap * dilation);
      return inputs;
    };
  }
  static Reads adaptive(double inputs, int outputs) {
    return [=](int i) {
      std::vector<int> all;
      const double end = std::ceil((i + 1) * inputs / outputs);
      for (int at = static_cast<int>(std::floor(i * inputs / outputs)); at < end; ++at) all.push_back(at);
      return all;
    };
  }

  // Every output channel of group g reads the input channels of group g.
  Units window(size_t layer, const Reads& rows, const Reads& columns, int groups, const Units& x) const {
    const Shape& in = info_.layers[layer].input;
    const Shape& out = info_.layers[layer].output;
    const int group_in = in.channels / groups;
    Units y;
    for (int k = 0; k < out.channels; ++k) {
      const int first = k / (out.channels / groups) * group_in;
      for (int row = 0; row < out.height; ++row) {
        for (int column = 0; column < out.width; ++column) {
          Pixels unit;
          for (int c = first; c < first + group_in; ++c) {
            for (const int i : rows(row)) {
              for (const int j : columns(column)) {
                if (i >= 0 && i < in.height && j >= 0 && j < in.width)
                  unit |= x[static_cast<size_t>((c * in.height + i) * in.width + j)];
              }
            }
          }
          y.push_back(unit);
        }
      }
    }
    return y;
  }
  template <typename Layer>
  Units slide(const Layer& l, Size2 dilation, int groups, size_t layer, const Units& x) const {
    return window(layer, sliding(l.kernel_size.h, l.stride.h, l.padding.h, dilation.h),
                  sliding(l.kernel_size.w, l.stride.w, l.padding.w, dilation.w), groups, x);
  }

  Units apply(const Conv2d& l, size_t layer, const Units& x) const {
    return slide(l, l.dilation, l.groups, layer, x);
  }
  Units apply(const MaxPool2d& l, size_t layer, const Units& x) const {
    return slide(l, {1, 1}, info_.layers[layer].input.channels, layer, x);
  }
  Units apply(const AvgPool2d& l, size_t layer, const Units& x) const {
    return slide(l, {1, 1}, info_.layers[layer].input.channels, layer, x);
  }
  Units apply(const AdaptiveAvgPool2d& l, size_t layer, const Units& x) const {
    const Shape& in = info_.layers[layer].input;
    return window(layer, adaptive(in.height, l.output_size.h), adaptive(in.width, l.output_size.w),
                  in.channels, x);
  }
  Units apply(const Linear& l, size_t /*layer*/, const Units& x) const {
    Pixels all;
    for (const Pixels& unit : x) all |= unit;
    return Units(static_cast<size_t>(l.out_features), all);
  }
  Units apply(const Add& l, size_t layer, const Units& x) const {
    Units y = x;
    const Units& added = layers_[static_cast<size_t>(added_layer(l, layer))];
    for (size_t i = 0; i < y.size(); ++i) y[i] |= added[i];
    return y;
  }
  template <typename Elementwise>
  Units apply(const Elementwise& /*layer*/, size_t /*layer*/, const Units& x) const {
    return x;
  }

  ModelInfo info_;
  std::vector<Units> layers_;
};

void expect_counted(const ModelSpec& model) {
  const ModelInfo info = infer(model);
  const Count count(model);
  for (size_t layer = 0; layer < model.layers.size(); ++layer)
    EXPECT_EQ(rung::testing::text(info.layers[layer].receptive_field),
              rung::testing::text(count.field(layer)))
        << "layer " << layer << " of " << rung::testing::text(model);
  EXPECT_EQ(rung::testing::text(info.seen), rung::testing::text(count.seen())) << rung::testing::text(model);
}

TEST(ReceptiveField, EqualsACountInRandomStacks) {
  for (uint32_t stack = 0; stack < 400; ++stack) {
    rung::testing::Random random(stack);
    expect_counted(rung::testing::random_model(random, kMostPixels));
    if (::testing::Test::HasFailure()) FAIL() << "in stack " << stack;
  }
}

Conv2d conv(int kernel, int stride = 1, int padding = 0) {
  return {.out_channels = 1,
          .kernel_size = {kernel, kernel},
          .stride = {stride, stride},
          .padding = {padding, padding}};
}

MaxPool2d max_pool(int kernel) {
  return {{kernel, kernel}};
}

// Of the last layer, on images of 12×12.
Size2 last_field(std::vector<LayerSpec> layers) {
  return infer({{1, 12, 12}, 1, std::move(layers)}).layers.back().receptive_field;
}

// What a stride or a pooling leaves over at the border, no layer after it sees, with or without padding.
TEST(ReceptiveField, NothingSeesWhatWasLeftOver) {
  const Linear linear{1, true};
  EXPECT_EQ(last_field({conv(2, 8), Flatten{}, Relu{}, linear}), (Size2{10, 10}));
  EXPECT_EQ(last_field({max_pool(7), Flatten{}, Linear{4, true}, linear}), (Size2{7, 7}));
  EXPECT_EQ(last_field({max_pool(5), AdaptiveAvgPool2d{}}), (Size2{10, 10}));
  EXPECT_EQ(last_field({max_pool(5), conv(3, 1, 1), conv(3, 1, 1), AdaptiveAvgPool2d{}}), (Size2{10, 10}));
  EXPECT_EQ(last_field({max_pool(6), Flatten{}, linear}), (Size2{12, 12}));
  EXPECT_EQ(last_field({Flatten{}, linear}), (Size2{12, 12}));
  const ModelSpec reported{{1, 28, 28},
                           10,
                           {Conv2d{.out_channels = 8, .kernel_size = {3, 3}}, Relu{}, max_pool(3),
                            Conv2d{.out_channels = 16, .kernel_size = {3, 3}, .padding = {1, 1}}, Relu{},
                            Flatten{}, Linear{10, true}}};
  EXPECT_EQ(infer(reported).layers.back().receptive_field, (Size2{26, 26}));
  EXPECT_EQ(infer(reported).seen, (Size2{26, 26}));
}

// A unit of padding alone sees nothing; a border of such units is not seen through.
TEST(ReceptiveField, PaddingIsNotSeen) {
  const ModelSpec blind{{1, 2, 2}, 1, {conv(1, 4, 2), AdaptiveAvgPool2d{}}};
  EXPECT_EQ(infer(blind).layers[0].receptive_field, (Size2{0, 0}));
  EXPECT_EQ(infer(blind).seen, (Size2{0, 0}));
  EXPECT_EQ(last_field({conv(1, 1, 2), conv(16)}), (Size2{12, 12}));
  EXPECT_EQ(last_field({conv(3, 1, 1), conv(3, 1, 1), AdaptiveAvgPool2d{}}), (Size2{12, 12}));
}

// Pixels between those that a stride larger than its kernel takes lie inside the field, but do not count.
TEST(ReceptiveField, GapsLieInsideTheFieldButDoNotCount) {
  const ModelInfo info = infer({{1, 9, 8}, 1, {conv(1, 2), conv(3), AdaptiveAvgPool2d{}}});
  EXPECT_EQ(info.layers[1].receptive_field, (Size2{5, 5}));
  EXPECT_EQ(info.layers[2].receptive_field, (Size2{9, 7}));
  EXPECT_EQ(info.seen, (Size2{5, 4}));
}

// So do those between the taps of a dilated kernel: rows 0, 2, 4 and 4, 6, 8; columns 0, 3, 6.
TEST(ReceptiveField, PixelsBetweenTapsDoNotCount) {
  Conv2d dilated = conv(3, 4);
  dilated.dilation = {2, 3};
  const ModelInfo info = infer({{1, 9, 8}, 1, {dilated, AdaptiveAvgPool2d{}}});
  EXPECT_EQ(info.layers[0].receptive_field, (Size2{5, 7}));
  EXPECT_EQ(info.layers[1].receptive_field, (Size2{9, 7}));
  EXPECT_EQ(info.seen, (Size2{5, 3}));
}

}  // namespace
}  // namespace rung::nn

#include "report/inside.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include "base/require.h"
#include "data/examples.h"
#include "kernels/layout.h"
#include "report/colour.h"
#include "train/batches.h"

namespace rung::report {
namespace {

using kernels::kLanes;

constexpr int kGridMargin = 1;
constexpr uint8_t kGridGrey = 96;

// One example's plane of a channel, from a unit's output [C][H][W][16].
std::vector<float> plane_of(std::span<const float> output, const nn::Shape& shape, int channel, int example) {
  const auto pixels = static_cast<size_t>(shape.height) * static_cast<size_t>(shape.width);
  std::vector<float> plane(pixels);
  for (size_t pixel = 0; pixel < pixels; ++pixel)
    plane[pixel] =
        output[(static_cast<size_t>(channel) * pixels + pixel) * kLanes + static_cast<size_t>(example)];
  return plane;
}

// Planes of one channel as bytes, on one scale.
std::vector<std::vector<uint8_t>> as_grey(const std::vector<std::vector<float>>& planes) {
  float low = 0;
  float high = 0;
  for (const auto& plane : planes) {
    const auto [least, most] = std::minmax_element(plane.begin(), plane.end());
    low = std::min(low, *least);
    high = std::max(high, *most);
  }
  std::vector<std::vector<uint8_t>> grey;
  for (const auto& plane : planes) {
    grey.emplace_back();
    for (const float value : plane)
      grey.back().push_back(high > low ? static_cast<uint8_t>(255 * (value - low) / (high - low)) : 0);
  }
  return grey;
}

void slide(Reach& reach, int kernel, int stride, int padding) {
  reach.first += ((kernel - 1) / 2.0 - padding) * reach.jump;
  reach.field += (kernel - 1) * reach.jump;
  reach.jump *= stride;
}

// Of windows at equal distances; nearly, for those of an adaptive pooling.
void slide(Reach& reach, const std::vector<kernels::Window>& windows) {
  const auto start = [&](size_t i) { return windows[i].end - windows[i].size; };
  slide(reach, windows[0].size, windows.size() > 1 ? start(1) - start(0) : 1, -start(0));
}

// How much the outputs along one axis contribute to each pixel: [pixel][output].
std::vector<std::vector<double>> spread(const Reach& reach, int outputs, int pixels) {
  const double sigma = std::max(0.5, reach.field / 4.0);
  std::vector<std::vector<double>> weights(static_cast<size_t>(pixels));
  for (int pixel = 0; pixel < pixels; ++pixel) {
    for (int output = 0; output < outputs; ++output) {
      const double distance = (pixel - (reach.first + output * reach.jump)) / sigma;
      weights[static_cast<size_t>(pixel)].push_back(std::exp(-distance * distance / 2));
    }
  }
  return weights;
}

// Sum over channels of activation times gradient, where it is positive: [PH][PW].
std::vector<double> contributions(const nn::Shape& shape, std::span<const float> output,
                                  std::span<const float> gradient, size_t example) {
  const auto pixels = static_cast<size_t>(shape.height) * static_cast<size_t>(shape.width);
  std::vector<double> sums(pixels);
  for (size_t element = 0; element < pixels * static_cast<size_t>(shape.channels); ++element) {
    const size_t at = element * kLanes + example;
    sums[element % pixels] += double{output[at]} * gradient[at];
  }
  for (double& sum : sums) sum = std::max(0.0, sum);
  return sums;
}

std::optional<nn::Windows> windows_of(const nn::Unit& unit) {
  return unit.runner ? unit.runner->windows() : std::nullopt;
}

}  // namespace

std::vector<uint32_t> example_images(std::span<const uint8_t> labels, size_t most) {
  const std::vector<uint32_t> firsts = data::in_turn(labels, classes_with_images(labels));
  const size_t shown = std::min(most, firsts.size());
  std::vector<uint32_t> examples;
  for (size_t i = 0; i < shown; ++i) examples.push_back(firsts[i * firsts.size() / shown]);
  return examples;
}

size_t classes_with_images(std::span<const uint8_t> labels) {
  return std::set(labels.begin(), labels.end()).size();
}

Filters first_filters(const nn::Plan& plan, const nn::Weights& weights) {
  Filters filters;
  const nn::Unit& unit = plan.units.front();
  if (!unit.conv || unit.conv->kernel_h * unit.conv->kernel_w == 1) return filters;
  const kernels::ConvShape& conv = *unit.conv;
  const auto values = std::span(weights.parameters).subspan(unit.weight, conv.weights());
  for (const float value : values) filters.largest = std::max(filters.largest, std::abs(double{value}));
  filters.are_colours = conv.in_channels == 3 && conv.groups == 1;
  const size_t area = static_cast<size_t>(conv.kernel_h) * static_cast<size_t>(conv.kernel_w);
  const size_t per_image = filters.are_colours ? 3 * area : area;
  for (size_t first = 0; first < values.size(); first += per_image) {
    data::Image image = blank_rgb(conv.kernel_h, conv.kernel_w);
    for (int row = 0; row < conv.kernel_h; ++row) {
      for (int column = 0; column < conv.kernel_w; ++column) {
        const auto weight = [&](size_t channel) {
          const double value =
              values[first + channel * area + static_cast<size_t>(row * conv.kernel_w + column)];
          return filters.largest > 0 ? value / filters.largest : 0;
        };
        const auto level = [&](size_t channel) { return 127.5 * (1 + weight(channel)); };
        put(image, row, column,
            filters.are_colours ? Rgb{level(0), level(1), level(2)} : diverging(weight(0)));
      }
    }
    filters.images.push_back(std::move(image));
  }
  return filters;
}

nn::Trace trace_examples(const Exhibit& exhibit, std::span<const uint32_t> examples) {
  RUNG_REQUIRE(exhibit.data != nullptr && exhibit.weights);
  const nn::Shape& input = exhibit.plan->input;
  train::BlockLoader loader(exhibit.data->test.images(), exhibit.run.recipe.dataset);
  AlignedBuffer<float> x(kernels::block_floats(input.channels, input.height, input.width));
  loader.load(examples, 0, 0, 0, x.data());
  return {*exhibit.plan, *exhibit.weights, x.data()};
}

nn::Shape places_of(const nn::Unit& unit) {
  const kernels::ActivationShape& activation = unit.activation;
  if (const auto windows = windows_of(unit))
    return {activation.channels, static_cast<int>(windows->rows.size()),
            static_cast<int>(windows->columns.size())};
  return {activation.channels, activation.out_height(), activation.out_width()};
}

std::vector<int> most_active_channels(const nn::Plan& plan, const nn::Trace& trace, size_t unit, int examples,
                                      size_t most) {
  const nn::Shape shape = places_of(plan.units[unit]);
  std::vector<std::pair<double, int>> activity;  // negative, so that the most active come first
  for (int channel = 0; channel < shape.channels; ++channel) {
    double sum = 0;
    for (int example = 0; example < examples; ++example)
      for (const float value : plane_of(trace.output(unit), shape, channel, example)) sum -= std::abs(value);
    activity.emplace_back(sum, channel);
  }
  std::sort(activity.begin(), activity.end());
  activity.resize(std::min(most, activity.size()));
  std::vector<int> channels;
  for (const auto& [sum, channel] : activity) channels.push_back(channel);
  std::sort(channels.begin(), channels.end());
  return channels;
}

data::Image activation_grid(const nn::Plan& plan, const nn::Trace& trace, size_t unit, int examples,
                            std::span<const int> channels) {
  const nn::Shape shape = places_of(plan.units[unit]);
  std::vector<std::vector<std::vector<uint8_t>>> columns;  // [channel][example][pixel]
  for (const int channel : channels) {
    std::vector<std::vector<float>> planes;
    for (int example = 0; example < examples; ++example)
      planes.push_back(plane_of(trace.output(unit), shape, channel, example));
    columns.push_back(as_grey(planes));
  }
  std::vector<uint8_t> images;
  for (size_t example = 0; example < static_cast<size_t>(examples); ++example)
    for (const auto& column : columns)
      images.insert(images.end(), column[example].begin(), column[example].end());
  return data::image_grid(images, {1, shape.height, shape.width},
                          {.rows = examples,
                           .columns = static_cast<int>(channels.size()),
                           .scale = 1,
                           .margin = kGridMargin,
                           .background = kGridGrey});
}

Reach2 reach_of(const nn::Plan& plan, size_t unit) {
  Reach2 reach;
  for (size_t s = 0; s <= unit; ++s) {
    if (const auto& conv = plan.units[s].conv) {
      slide(reach.rows, conv->extent_h(), conv->stride_h, conv->pad_h);
      slide(reach.columns, conv->extent_w(), conv->stride_w, conv->pad_w);
    }
    const kernels::ActivationShape& activation = plan.units[s].activation;
    slide(reach.rows, activation.pool_h, activation.pool_h, 0);
    slide(reach.columns, activation.pool_w, activation.pool_w, 0);
    if (const auto windows = windows_of(plan.units[s])) {
      slide(reach.rows, windows->rows);
      slide(reach.columns, windows->columns);
    }
  }
  return reach;
}

std::optional<size_t> evidence_unit(const nn::Plan& plan) {
  std::optional<size_t> deepest;
  for (size_t unit = 0; unit + 1 < plan.units.size(); ++unit) {
    const nn::Shape output = places_of(plan.units[unit]);
    if (output.height * output.width > 1 && 4 * output.height >= plan.input.height &&
        4 * output.width >= plan.input.width)
      deepest = unit;
  }
  return deepest;
}

std::vector<std::vector<double>> evidence(const nn::Plan& plan, const nn::Trace& trace, size_t unit,
                                          std::span<const uint8_t> classes) {
  const nn::Shape shape = places_of(plan.units[unit]);
  const Reach2 reach = reach_of(plan, unit);
  const auto rows = spread(reach.rows, shape.height, plan.input.height);
  const auto columns = spread(reach.columns, shape.width, plan.input.width);
  const std::vector<float> gradient = trace.gradient(unit, classes);
  std::vector<std::vector<double>> maps;
  for (size_t example = 0; example < classes.size(); ++example) {
    const auto values = contributions(shape, trace.output(unit), gradient, example);
    std::vector<double> map;
    for (const auto& row : rows) {
      for (const auto& column : columns) {
        double sum = 0;
        for (size_t i = 0; i < values.size(); ++i)
          sum += values[i] * row[i / static_cast<size_t>(shape.width)] *
                 column[i % static_cast<size_t>(shape.width)];
        map.push_back(sum);
      }
    }
    const double largest = *std::max_element(map.begin(), map.end());
    for (double& value : map) value = largest > 0 ? value / largest : 0;
    maps.push_back(std::move(map));
  }
  return maps;
}

data::Image evidence_image(const data::Image& image, const std::vector<double>& evidence) {
  constexpr Rgb kHot{255, 140, 0};
  constexpr double kOpacity = 0.75;
  const data::Image colours = data::as_rgb(image);
  data::Image result = blank_rgb(image.height, image.width);
  size_t at = 0;
  for (int row = 0; row < image.height; ++row) {
    for (int column = 0; column < image.width; ++column, ++at) {
      const uint8_t* pixel = &colours.pixels[3 * at];
      const Rgb colour{double{1} * pixel[0], double{1} * pixel[1], double{1} * pixel[2]};
      put(result, row, column, blend(colour, kHot, kOpacity * evidence[at] * evidence[at]));
    }
  }
  return result;
}

}  // namespace rung::report

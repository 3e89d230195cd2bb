// Backward passes are derivatives of forward passes. These tests compute a model a second time from its
// layers' definitions, layer by layer in double, and every element of its gradient by finite differences.
// TrainingPass must give the same loss, logits, running statistics and gradient, and Inference the same
// logits in evaluation mode. The models are small, odd and random: shapes, orders of layers, batch sizes.
//
// At a kink (relu's zero, equal values in a max pooling) there is no derivative, so the gates (which elements
// pass) are found once and held while the weights are varied. The rest is smooth, and the difference of step
// h = 1e-5 is exact to about h^2 + 1e-16/h = 1e-10. A random model with a value so close to a kink that
// float32 could put it on the other side is replaced by the next.
//
// Tolerance: float32's rounding errors, 2^-24 of a tensor's largest value for each of some twenty operations
// in a row, times what batch norm over a few values amplifies; and roundings of the whole gradient's largest
// value for tensors whose own gradient cancels, in part or (a bias before a batch norm) wholly. About three
// times the worst observed.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "base/philox.h"
#include "every_layer.h"
#include "exact_functions.h"
#include "kernel_testing.h"
#include "kernels/dropout.h"
#include "nn/inference.h"
#include "nn/training_pass.h"
#include "tensor_testing.h"

namespace rung::nn {
namespace {

using kernels::kLanes;
using rung::testing::expect_tensor;
using rung::testing::kFloatEpsilon;
using rung::testing::largest;

constexpr double kStep = 1e-5;
constexpr double kLeastMargin = 2e-5;   // distance of a value from its kink
constexpr double kForward = 100;        // roundings of the largest value
constexpr double kGradient = 500;       // three batch norms in a row over some twenty values: 190
constexpr double kCancelled = 40;       // roundings of the whole gradient's largest value
constexpr double kVanished = 300;       // likewise, for a tensor whose exact gradient is zero
constexpr double kBf16Loss = 0.005;     // of 1 + loss; 0.0017 were seen
constexpr double kBf16Gradient = 0.25;  // of the gradient's length; 0.002 is usual, 0.13 was seen
constexpr int kModels = 300;
constexpr int kDilatedModels = 100;

using Values = std::vector<double>;  // [N][C][H][W]

struct Dropped {
  uint64_t seed = 5;
  uint32_t epoch = 3;
  uint32_t first_block = 7;
};

size_t count(const Shape& s) {
  return static_cast<size_t>(s.channels) * static_cast<size_t>(s.height) * static_cast<size_t>(s.width);
}

// A model computed layer by layer from the definitions, with parameters and buffers laid out by a Plan.
class Definition {
 public:
  Definition(const ModelSpec& model, const Weights& weights, int images, bool training,
             double label_smoothing = 0, std::span<const float> class_weights = {},
             std::span<const float> image_weights = {}, std::span<const uint8_t> other_labels = {},
             double label_share = 1)
      : label_smoothing_(label_smoothing),
        other_labels_(other_labels.begin(), other_labels.end()),
        label_share_(label_share),
        class_weights_(class_weights.begin(), class_weights.end()),
        image_weights_(image_weights.begin(), image_weights.end()),
        model_(model),
        info_(infer(model)),
        parameters_(weights.parameters.begin(), weights.parameters.end()),
        buffers_(weights.buffers.begin(), weights.buffers.end()),
        images_(static_cast<size_t>(images)),
        training_(training),
        inputs_(model.layers.size() + 1),
        varied_(model.layers.size() + 1),
        gates_(model.layers.size()) {
    size_t parameter = 0;
    size_t buffer = 0;
    for (size_t i = 0; i < model.layers.size(); ++i) {
      first_parameter_.push_back(parameter);
      first_buffer_.push_back(buffer);
      parameter += static_cast<size_t>(info_.layers[i].params);
      if (std::holds_alternative<BatchNorm2d>(model.layers[i]))
        buffer += 2 * static_cast<size_t>(info_.layers[i].input.channels);
    }
  }

  // Finds the gates again, and updates the running statistics.
  double loss(const Values& x, std::span<const uint8_t> labels) {
    inputs_[0] = x;
    finding_ = true;
    varied_from_ = model_.layers.size();
    for (size_t i = 0; i < model_.layers.size(); ++i) inputs_[i + 1] = layer(i, inputs_[i]);
    finding_ = false;
    return mean_loss(inputs_.back(), labels);
  }

  Values gradient(std::span<const uint8_t> labels) {
    Values result;
    for (size_t i = 0; i < model_.layers.size(); ++i) {
      for (int64_t p = 0; p < info_.layers[i].params; ++p) {
        double& parameter = parameters_[first_parameter_[i] + static_cast<size_t>(p)];
        const double before = parameter;
        parameter = before + kStep;
        const double above = loss_from(i, labels);
        parameter = before - kStep;
        const double below = loss_from(i, labels);
        parameter = before;
        result.push_back((above - below) / (2 * kStep));
      }
    }
    return result;
  }

  const Values& logits() const { return inputs_.back(); }
  const Values& buffers() const { return buffers_; }
  double margin() const { return margin_; }

 private:
  double loss_from(size_t first, std::span<const uint8_t> labels) {
    varied_from_ = first;
    varied_[first] = inputs_[first];
    for (size_t i = first; i < model_.layers.size(); ++i) varied_[i + 1] = layer(i, varied_[i]);
    return mean_loss(varied_.back(), labels);
  }

  double mean_loss(const Values& logits, std::span<const uint8_t> labels) const {
    const auto classes = static_cast<size_t>(model_.classes);
    double total = 0;
    double weights = 0;
    const auto weight = [this](size_t k) { return class_weights_.empty() ? 1 : class_weights_[k]; };
    for (size_t n = 0; n < images_; ++n) {
      const double of_image = image_weights_.empty() ? 1 : image_weights_[n];
      weights += other_labels_.empty() ? of_image * weight(labels[n]) : 1;
      const auto hot = [&](size_t k) {
        if (other_labels_.empty()) return k == labels[n] ? 1.0 : 0.0;
        return (k == labels[n] ? label_share_ : 0) + (k == other_labels_[n] ? 1 - label_share_ : 0);
      };
      double sum = 0;
      for (size_t k = 0; k < classes; ++k) sum += std::exp(logits[n * classes + k]);
      for (size_t k = 0; k < classes; ++k) {
        const double target = label_smoothing_ / model_.classes + (1 - label_smoothing_) * hot(k);
        total += of_image * weight(k) * target * (std::log(sum) - logits[n * classes + k]);
      }
    }
    return total / weights;
  }

  Values layer(size_t index, const Values& x) {
    return std::visit([&](const auto& l) { return apply(l, index, x); }, model_.layers[index]);
  }

  Values apply(const Conv2d& l, size_t index, const Values& x) {
    const auto [channels, height, width] = info_.layers[index].input;
    const Shape& out = info_.layers[index].output;
    const int group_in = channels / l.groups;
    const int group_out = out.channels / l.groups;
    const double* weight = &parameters_[first_parameter_[index]];
    const double* bias = weight + int64_t{out.channels} * group_in * l.kernel_size.h * l.kernel_size.w;
    Values y;
    y.reserve(images_ * count(out));
    for (size_t n = 0; n < images_; ++n) {
      const double* image = &x[n * count({channels, height, width})];
      for (int k = 0; k < out.channels; ++k) {
        for (int row = 0; row < out.height; ++row) {
          for (int col = 0; col < out.width; ++col) {
            double sum = l.bias ? bias[k] : 0;
            const double* w = weight + int64_t{k} * group_in * l.kernel_size.h * l.kernel_size.w;
            for (int c = k / group_out * group_in; c < (k / group_out + 1) * group_in; ++c) {
              for (int i = 0; i < l.kernel_size.h; ++i) {
                for (int j = 0; j < l.kernel_size.w; ++j, ++w) {
                  const int in_row = row * l.stride.h + i * l.dilation.h - l.padding.h;
                  const int in_col = col * l.stride.w + j * l.dilation.w - l.padding.w;
                  if (in_row >= 0 && in_row < height && in_col >= 0 && in_col < width)
                    sum += *w * image[(c * height + in_row) * width + in_col];
                }
              }
            }
            y.push_back(sum);
          }
        }
      }
    }
    return y;
  }

  Values apply(const Linear& l, size_t index, const Values& x) {
    const auto inputs = static_cast<size_t>(info_.layers[index].input.channels);
    const double* weight = &parameters_[first_parameter_[index]];
    const auto outputs = static_cast<size_t>(l.out_features);
    Values y;
    for (size_t n = 0; n < images_; ++n) {
      for (size_t k = 0; k < outputs; ++k) {
        double sum = l.bias ? weight[outputs * inputs + k] : 0;
        for (size_t c = 0; c < inputs; ++c) sum += weight[k * inputs + c] * x[n * inputs + c];
        y.push_back(sum);
      }
    }
    return y;
  }

  Values apply(const BatchNorm2d& l, size_t index, const Values& x) {
    const Shape& s = info_.layers[index].input;
    const auto channels = static_cast<size_t>(s.channels);
    const size_t plane = count(s) / channels;
    Values y = x;
    for (size_t c = 0; c < channels; ++c) {
      const auto for_each = [&](const auto& visit) {
        for (size_t n = 0; n < images_; ++n) {
          for (size_t i = 0; i < plane; ++i) visit(y[(n * channels + c) * plane + i]);
        }
      };
      const auto total = static_cast<double>(images_ * plane);
      double mean = 0;
      double variance = 0;
      for_each([&](double v) { mean += v / total; });
      for_each([&](double v) { variance += (v - mean) * (v - mean) / total; });
      double& running_mean = buffers_[first_buffer_[index] + c];
      double& running_var = buffers_[first_buffer_[index] + channels + c];
      if (finding_ && training_) {
        running_mean += l.momentum * (mean - running_mean);
        running_var += l.momentum * (variance * total / (total - 1) - running_var);
      }
      if (!training_) {
        mean = running_mean;
        variance = running_var;
      }
      const double weight = parameters_[first_parameter_[index] + c];
      const double bias = parameters_[first_parameter_[index] + channels + c];
      for_each([&](double& v) { v = (v - mean) / std::sqrt(variance + l.eps) * weight + bias; });
    }
    return y;
  }

  Values apply(const GroupNorm& l, size_t index, const Values& x) const {
    const double* parameters = l.affine ? &parameters_[first_parameter_[index]] : nullptr;
    const Shape& s = info_.layers[index].input;
    const size_t plane = count(s) / static_cast<size_t>(s.channels);
    const size_t part = count(s) / static_cast<size_t>(l.num_groups);
    Values y(x.size());
    for (size_t begin = 0; begin < x.size(); begin += part) {
      double mean = 0, variance = 0;
      for (size_t i = begin; i < begin + part; ++i) mean += x[i] / static_cast<double>(part);
      for (size_t i = begin; i < begin + part; ++i)
        variance += (x[i] - mean) * (x[i] - mean) / static_cast<double>(part);
      for (size_t i = begin; i < begin + part; ++i) {
        const size_t channel = i / plane % static_cast<size_t>(s.channels);
        const double normal = (x[i] - mean) / std::sqrt(variance + l.eps);
        y[i] = parameters == nullptr
                   ? normal
                   : normal * parameters[channel] + parameters[static_cast<size_t>(s.channels) + channel];
      }
    }
    return y;
  }
  Values apply(const Dropout& l, size_t index, const Values& x) {
    return drop(l.p, index, count(info_.layers[index].input), x);
  }
  Values apply(const Dropout2d& l, size_t index, const Values& x) {
    return drop(l.p, index, static_cast<size_t>(info_.layers[index].input.channels), x);
  }
  // Each of an image's `parts` as a whole.
  Values drop(double p, size_t index, size_t parts, const Values& x) const {
    if (!training_ || p == 0) return x;
    const size_t elements = count(info_.layers[index].input);
    std::vector<uint16_t> bits(parts);
    const Dropped dropped;
    Values y = x;
    for (size_t n = 0; n < images_; ++n) {
      if (n % kLanes == 0) {
        kernels::reference::dropout_bits(
            {philox_key(dropped.seed), dropped.first_block + static_cast<uint32_t>(n / kLanes), dropped.epoch,
             purpose_word(RandomPurpose::kDropout, static_cast<uint32_t>(index))},
            kernels::dropout_threshold(p), parts, bits.data());
      }
      for (size_t e = 0; e < elements; ++e)
        y[n * elements + e] *= (bits[e * parts / elements] >> n % kLanes & 1) != 0 ? 1 / (1 - p) : 0;
    }
    return y;
  }

  // slope(i) is the factor of element i where it is not positive.
  template <typename Slope>
  Values rectify(size_t index, const Values& x, Slope slope) {
    std::vector<size_t>& passes = gates_[index];
    if (finding_) passes.resize(x.size());
    Values y = x;
    for (size_t i = 0; i < x.size(); ++i) {
      if (finding_) {
        passes[i] = x[i] > 0 ? 1 : 0;
        if (x[i] != 0) margin_ = std::min(margin_, std::abs(x[i]));
      }
      if (passes[i] == 0) y[i] *= slope(i);
    }
    return y;
  }
  Values apply(const Relu& /*layer*/, size_t index, const Values& x) {
    return rectify(index, x, [](size_t) { return 0.0; });
  }
  Values apply(const LeakyRelu& l, size_t index, const Values& x) {
    return rectify(index, x, [&](size_t) { return l.negative_slope; });
  }
  Values apply(const PRelu& l, size_t index, const Values& x) {
    const double* slopes = &parameters_[first_parameter_[index]];
    const Shape& s = info_.layers[index].input;
    const size_t plane = count(s) / static_cast<size_t>(s.channels);
    return rectify(index, x, [&](size_t i) {
      return slopes[l.num_parameters == 1 ? 0 : i / plane % static_cast<size_t>(s.channels)];
    });
  }

  template <IsFunction Layer>
  Values apply(const Layer& l, size_t /*index*/, const Values& x) const {
    Values y = x;
    for (double& value : y) value = rung::testing::exact(l.function(), value).value;
    return y;
  }

  Values apply(const Add& l, size_t index, const Values& x) const {
    const auto output = static_cast<size_t>(added_layer(l, index)) + 1;
    const Values& added = (output > varied_from_ ? varied_ : inputs_)[output];
    Values y = x;
    for (size_t i = 0; i < x.size(); ++i) y[i] += added[i];
    return y;
  }

  // Where a window begins and ends along one axis, the padding included.
  using Side = std::pair<int, int>;
  template <typename Pool>
  static std::vector<Side> sliding(const Pool& l, int inputs, int kernel, int stride, int padding) {
    std::vector<Side> sides;
    int start = -padding;
    for (; start + kernel <= inputs + padding; start += stride) sides.emplace_back(start, start + kernel);
    const bool is_left_over = start - stride + kernel < inputs + padding;
    if (l.ceil_mode && is_left_over && start < inputs) sides.emplace_back(start, inputs + padding);
    if constexpr (requires { l.count_include_pad; }) {
      if (!l.count_include_pad)
        for (Side& side : sides) side = {std::max(side.first, 0), std::min(side.second, inputs)};
    }
    return sides;
  }
  static std::vector<Side> adaptive(int inputs, int outputs) {
    std::vector<Side> sides;
    for (double i = 0; i < outputs; ++i)
      sides.emplace_back(std::floor(i * inputs / outputs), std::ceil((i + 1) * inputs / outputs));
    return sides;
  }

  // Calls visit(output element, its window's input elements, the window's whole area).
  template <typename Visit>
  void for_each_window(size_t index, const std::vector<Side>& rows, const std::vector<Side>& columns,
                       Visit visit) const {
    const auto [channels, height, width] = info_.layers[index].input;
    size_t out = 0;
    for (int plane = 0; plane < static_cast<int>(images_) * channels; ++plane) {
      for (const auto& [top, bottom] : rows) {
        for (const auto& [left, right] : columns) {
          std::vector<size_t> elements;
          for (int row = std::max(top, 0); row < std::min(bottom, height); ++row) {
            for (int col = std::max(left, 0); col < std::min(right, width); ++col)
              elements.push_back(static_cast<size_t>((plane * height + row) * width + col));
          }
          visit(out++, elements, (bottom - top) * (right - left));
        }
      }
    }
  }
  template <typename Pool, typename Visit>
  void for_each_window(size_t index, const Pool& l, Visit visit) const {
    const Shape& in = info_.layers[index].input;
    for_each_window(index, sliding(l, in.height, l.kernel_size.h, l.stride.h, l.padding.h),
                    sliding(l, in.width, l.kernel_size.w, l.stride.w, l.padding.w), visit);
  }

  Values apply(const MaxPool2d& l, size_t index, const Values& x) {
    std::vector<size_t>& winners = gates_[index];
    const size_t size = images_ * count(info_.layers[index].output);
    if (finding_) winners.resize(size);
    Values y(size);
    for_each_window(index, l, [&](size_t out, const std::vector<size_t>& window, int /*area*/) {
      if (finding_) {
        winners[out] = *std::ranges::max_element(window, {}, [&](size_t i) { return x[i]; });
        for (const size_t i : window) {  // equal values are equal in float32 too: dropped or rectified ones
          if (x[i] != x[winners[out]]) margin_ = std::min(margin_, x[winners[out]] - x[i]);
        }
      }
      y[out] = x[winners[out]];
    });
    return y;
  }

  auto averaging(const Values& x, Values& y) const {
    return [&](size_t out, const std::vector<size_t>& window, int area) {
      for (const size_t i : window) y[out] += x[i] / area;
    };
  }
  Values apply(const AvgPool2d& l, size_t index, const Values& x) const {
    Values y(images_ * count(info_.layers[index].output));
    for_each_window(index, l, averaging(x, y));
    return y;
  }
  Values apply(const AdaptiveAvgPool2d& l, size_t index, const Values& x) const {
    const Shape& in = info_.layers[index].input;
    Values y(images_ * count(info_.layers[index].output));
    for_each_window(index, adaptive(in.height, l.output_size.h), adaptive(in.width, l.output_size.w),
                    averaging(x, y));
    return y;
  }
  Values apply(const Flatten& /*layer*/, size_t /*index*/, const Values& x) const { return x; }

  double label_smoothing_;
  std::vector<uint8_t> other_labels_;  // of MixUp, or empty
  double label_share_;
  Values class_weights_;  // [classes], or empty
  Values image_weights_;  // [images], or empty
  const ModelSpec& model_;
  ModelInfo info_;
  Values parameters_;
  Values buffers_;
  size_t images_;
  bool training_;
  bool finding_ = true;
  std::vector<size_t> first_parameter_, first_buffer_;  // by layer
  std::vector<Values> inputs_;                          // by layer, and the logits
  std::vector<Values> varied_;                          // the same from layer varied_from_ on
  size_t varied_from_ = 0;
  std::vector<std::vector<size_t>> gates_;  // relu: passes or not; max pooling: the maxima
  double margin_ = 1;                       // of the value closest to its kink
};

class Random {
 public:
  explicit Random(uint32_t stream) : stream_(11, RandomPurpose::kInit, stream) {}
  int below(int bound) { return static_cast<int>(stream_.below(static_cast<uint32_t>(bound))); }
  int between(int low, int high) { return low + below(high - low + 1); }
  int any_of(std::initializer_list<int> choices) {
    return choices.begin()[below(static_cast<int>(choices.size()))];
  }
  bool chance(double p) { return stream_.uniform() < p; }
  double uniform(double low, double high) { return stream_.uniform(low, high); }

 private:
  RandomStream stream_;
};

Shape output_of(const Shape& input, const std::vector<LayerSpec>& layers) {
  ModelSpec model{input, 1, layers};
  model.layers.emplace_back(AdaptiveAvgPool2d{});
  model.layers.emplace_back(Linear{1, false});
  return infer(model).layers.at(layers.size()).input;
}

Conv2d random_conv(Random& random, const Shape& in) {
  Conv2d conv{.kernel_size = {random.any_of({1, 2, 3, 5}), random.any_of({1, 2, 3, 5})},
              .stride = {random.any_of({1, 1, 2, 3}), random.any_of({1, 1, 2, 3})},
              .padding = {random.any_of({0, 0, 1, 2, 5}), random.any_of({0, 0, 1, 2, 5})},
              .bias = random.chance(0.5)};
  if (in.channels > 1 && random.chance(0.4)) conv.groups = in.channels;
  if (in.channels % 2 == 0 && random.chance(0.3)) conv.groups = 2;
  conv.out_channels = conv.groups * random.between(1, conv.groups > 1 ? 2 : 7);
  return conv;
}

// A sum with a layer that has the last one's output shape, possibly the last one itself.
LayerSpec random_sum(Random& random, const Shape& input, const std::vector<LayerSpec>& layers) {
  std::vector<int> candidates;
  const auto end = static_cast<int>(layers.size());
  for (int from = 0; from < end; ++from) {
    if (output_of(input, {layers.begin(), layers.begin() + from + 1}) == output_of(input, layers))
      candidates.push_back(from);
  }
  if (candidates.empty()) return Silu{};
  const int from = candidates[static_cast<size_t>(random.below(static_cast<int>(candidates.size())))];
  return Add{random.chance(0.5) ? from : from - end};
}

// Half of them tile the plane.
template <typename Pool>
LayerSpec random_pool(Random& random) {
  Pool pool{{random.between(1, 3), random.between(1, 3)}};
  if (random.chance(0.5)) return pool;
  pool.stride = {random.between(1, 3), random.between(1, 3)};
  pool.padding = {random.between(0, pool.kernel_size.h / 2), random.between(0, pool.kernel_size.w / 2)};
  pool.ceil_mode = random.chance(0.5);
  if constexpr (requires { pool.count_include_pad; }) pool.count_include_pad = random.chance(0.5);
  return pool;
}

LayerSpec random_function(Random& random) {
  switch (random.below(4)) {
    case 0:
      return Silu{};
    case 1:
      return Gelu{random.chance(0.5) ? Gelu::Approximate::kNone : Gelu::Approximate::kTanh};
    case 2:
      return Sigmoid{};
    default:
      return Tanh{};
  }
}

LayerSpec random_layer(Random& random, const Shape& input, const std::vector<LayerSpec>& layers) {
  const Shape in = output_of(input, layers);
  const Size2 window{random.between(1, 3), random.between(1, 3)};
  switch (random.below(17)) {
    case 0:
    case 1:
      return BatchNorm2d{.eps = random.chance(0.5) ? 1e-5 : 1e-2, .momentum = random.uniform(0, 1)};
    case 2:
    case 3:
      return random.chance(0.3) ? LayerSpec{Dropout2d{random.uniform(0, 0.6)}}
                                : LayerSpec{Dropout{random.uniform(0, 0.6)}};
    case 4:
    case 5:
      return Relu{};
    case 6:
      return random_pool<MaxPool2d>(random);
    case 7:
      return random.chance(0.3) ? LayerSpec{AdaptiveAvgPool2d{window}} : random_pool<AvgPool2d>(random);
    case 8:
      return random.chance(0.2) ? LayerSpec{Flatten{}} : LayerSpec{Relu{}};
    case 9:
      return LeakyRelu{random.uniform(-0.2, 0.5)};
    case 10:
      return PRelu{random.chance(0.5) ? 1 : in.channels, random.uniform(0, 0.5)};
    case 11:
      return random_function(random);
    case 12:
    case 13:
      return random_sum(random, input, layers);
    default:
      return random_conv(random, in);
  }
}

void finish(Random& random, ModelSpec& model) {
  const Shape out = output_of(model.input, model.layers);
  const int way = random.below(4);
  const Conv2d pointwise{.out_channels = model.classes, .kernel_size = {1, 1}, .bias = random.chance(0.5)};
  if (way == 0) model.layers.emplace_back(Flatten{});
  if (way == 1) model.layers.emplace_back(AdaptiveAvgPool2d{});
  if (way <= 1) model.layers.emplace_back(Linear{model.classes, random.chance(0.5)});
  if (way == 2) {
    model.layers.emplace_back(pointwise);
    model.layers.emplace_back(AdaptiveAvgPool2d{});
  }
  if (way == 3) {
    Conv2d covering = pointwise;
    covering.kernel_size = {out.height, out.width};
    model.layers.emplace_back(covering);
  }
}

ModelSpec random_model(Random& random) {
  ModelSpec model{
      {random.between(1, 4), random.between(4, 9), random.between(4, 9)}, random.between(2, 6), {}};
  for (int left = random.between(2, 9); left > 0; --left) {
    auto longer = model.layers;
    longer.push_back(random_layer(random, model.input, longer));
    try {
      const Shape out = output_of(model.input, longer);
      if (count(out) <= 300) model.layers = longer;
    } catch (const ShapeError&) {  // too large a kernel: leave the layer out
    }
  }
  finish(random, model);
  return model;
}

// Dilates convolutions; more padding keeps their outputs' shapes.
ModelSpec dilated(ModelSpec model, Random& random) {
  const auto dilate = [&](int kernel, int& dilation, int& padding) {
    dilation = random.any_of({1, 3, kernel % 2 == 1 ? 2 : 5});
    padding += (dilation - 1) * (kernel - 1) / 2;
  };
  for (LayerSpec& layer : model.layers) {
    auto* conv = std::get_if<Conv2d>(&layer);
    if (conv == nullptr) continue;
    dilate(conv->kernel_size.h, conv->dilation.h, conv->padding.h);
    dilate(conv->kernel_size.w, conv->dilation.w, conv->padding.w);
  }
  return model;
}

std::string describe(const ModelSpec& model, int images) {
  std::string text = fmt::format("{} images of {}x{}x{}:", images, model.input.channels, model.input.height,
                                 model.input.width);
  for (const LayerSpec& layer : model.layers) {
    text += fmt::format(" {}", recipe_name(layer));
    if (const auto* c = std::get_if<Conv2d>(&layer))
      text +=
          fmt::format("({}, kernel {}x{}, stride {}x{}, padding {}x{}, dilation {}x{}, groups {}, bias {})",
                      c->out_channels, c->kernel_size.h, c->kernel_size.w, c->stride.h, c->stride.w,
                      c->padding.h, c->padding.w, c->dilation.h, c->dilation.w, c->groups, c->bias);
    const auto add_pool = [&](const auto& p) {
      text += fmt::format("({}x{}, stride {}x{}, padding {}x{})", p.kernel_size.h, p.kernel_size.w,
                          p.stride.h, p.stride.w, p.padding.h, p.padding.w);
    };
    if (const auto* p = std::get_if<MaxPool2d>(&layer)) add_pool(*p);
    if (const auto* p = std::get_if<AvgPool2d>(&layer)) add_pool(*p);
    if (const auto* p = std::get_if<AdaptiveAvgPool2d>(&layer))
      text += fmt::format("({}x{})", p->output_size.h, p->output_size.w);
  }
  return text;
}

// One model with its data, checked against the definition.
class Check {
 public:
  Check(const ModelSpec& model, int images, Random& random)
      : model_(model), images_(images), plan_(make_plan(model)), weights_(initial_weights(plan_, 3)) {
    for (const Unit& unit : plan_.units) {
      if (!unit.norm) continue;
      for (size_t c = 0; c < static_cast<size_t>(unit.activation.channels); ++c) {
        weights_.parameters[unit.norm->weight + c] =
            static_cast<float>(random.uniform(0.5, 1.5) * (random.chance(0.3) ? -1 : 1));
        weights_.parameters[unit.norm->bias + c] = static_cast<float>(random.uniform(-0.5, 0.5));
        weights_.buffers[unit.norm->running_mean + c] = static_cast<float>(random.uniform(-0.5, 0.5));
        weights_.buffers[unit.norm->running_var + c] = static_cast<float>(random.uniform(0.5, 2));
      }
    }
    for (size_t i = 0; i < static_cast<size_t>(images) * count(model.input); ++i)
      x_.push_back(static_cast<float>(random.uniform(-1, 1)));
    for (int i = 0; i < images; ++i) labels_.push_back(static_cast<uint8_t>(random.below(model.classes)));
    label_smoothing_ = random.chance(0.3) ? 0.25F : 0;
    for (int k = 0; images % 2 == 0 && k < model.classes; ++k)
      class_weights_.push_back(0.25F * static_cast<float>(1 + 3 * k % 7));
    for (int i = 0; images % 4 < 2 && i < images; ++i)
      image_weights_.push_back(0.25F * static_cast<float>((5 * i + 2) % 7));
    // MixUp's, as in training: the other label is that of the image before.
    if (images % 3 == 0) {
      other_labels_ = labels_;
      std::rotate(other_labels_.begin(), other_labels_.end() - 1, other_labels_.end());
    }
    smallest_norm_ = images * count(model.input);
    for (const Unit& unit : plan_.units) {
      if (unit.norm)
        smallest_norm_ = std::min(smallest_norm_, unit.activation.plane() * static_cast<size_t>(images));
    }
  }

  // Small multiples of a half, which float32 computes exactly, so values hit their kinks: equal maxima of
  // different origin, and zeros before a relu.
  void make_coarse() {
    for (double& value : x_) value = std::round(2 * value) / 2;
    for (float& value : weights_.parameters) value = value < 0 ? -0.5F : 0.5F;
  }

  // False if the model is too close to a kink, or has a batch norm over too few values for float32.
  bool run() {
    if (smallest_norm_ < 8) return false;
    Definition exact(model_, weights_, images_, /*training=*/true, label_smoothing_, class_weights_,
                     image_weights_, other_labels_, label_share());
    const double loss = exact.loss(x_, labels_);
    if (exact.margin() < kLeastMargin) return false;
    const Values gradient = exact.gradient(labels_);
    for (const int threads : {1, 3}) train(exact, loss, gradient, threads);
    train_in_bf16(loss, gradient);
    return true;
  }

 private:
  void load(int block, int lanes, float* x) const {
    const size_t elements = count(model_.input);
    for (size_t e = 0; e < elements; ++e) {
      for (size_t lane = 0; lane < kLanes; ++lane) {
        const size_t image = static_cast<size_t>(block) * kLanes + lane;
        // The content of the other lanes must not matter.
        x[e * kLanes + lane] =
            lane < static_cast<size_t>(lanes) ? static_cast<float>(x_[image * elements + e]) : 1000.0F;
      }
    }
  }

  float label_share() const { return other_labels_.empty() ? 1 : 0.625F; }

  void take(int block, int lanes, const float* logits, std::vector<float>& to) const {
    const auto classes = static_cast<size_t>(model_.classes);
    for (size_t lane = 0; lane < static_cast<size_t>(lanes); ++lane) {
      for (size_t k = 0; k < classes; ++k)
        to[(static_cast<size_t>(block) * kLanes + lane) * classes + k] = logits[k * kLanes + lane];
    }
  }

  // Values that lie close to their kinks may fall to the other side, so only the whole gradient is compared.
  void train_in_bf16(double loss, const Values& gradient) const {
    ThreadPool pool(2);
    Weights weights = weights_;
    std::vector<float> found(plan_.parameter_count);
    const LoadBlock loader = [this](int block, int lanes, int, float* x) { load(block, lanes, x); };
    TrainingPass pass(plan_, images_, pool, Precision::kBf16);
    const auto result = pass.run(batch(loader), weights, found);
    EXPECT_NEAR(result.loss, loss, kBf16Loss * (1 + loss));
    double error = 0;
    double whole = 0;
    for (size_t i = 0; i < found.size(); ++i) {
      error += std::pow(found[i] - gradient[i], 2);
      whole += std::pow(gradient[i], 2);
    }
    EXPECT_LE(std::sqrt(error), kBf16Gradient * std::sqrt(whole));
  }

  Batch batch(const LoadBlock& loader) const {
    const Dropped dropped;
    return {
        images_,          labels_,        loader,         dropped.seed,  dropped.epoch, dropped.first_block,
        label_smoothing_, class_weights_, image_weights_, other_labels_, label_share()};
  }

  void train(const Definition& exact, double loss, const Values& gradient, int threads) const {
    ThreadPool pool(threads);
    Weights weights = weights_;
    std::vector<float> found(plan_.parameter_count);
    std::vector<float> logits(static_cast<size_t>(images_ * model_.classes));
    const LoadBlock loader = [this](int block, int lanes, int, float* x) { load(block, lanes, x); };
    TrainingPass pass(plan_, images_, pool);
    const auto result = pass.run(batch(loader), weights, found);
    for (int block = 0; block < kernels::blocks_of(images_); ++block)
      take(block, kernels::valid_lanes(images_, block), pass.logits(block), logits);
    expect_forward("logits", logits, exact.logits());
    expect_forward("running statistics", weights.buffers, exact.buffers());
    EXPECT_NEAR(result.loss, loss, kForward * kFloatEpsilon * (loss + largest(std::span(exact.logits()))));
    expect_gradient(found, gradient);

    Definition evaluation(model_, weights, images_, /*training=*/false);
    evaluation.loss(x_, labels_);
    Inference(plan_, pool).run(weights, images_, loader, [&](int block, int lanes, const float* values) {
      take(block, lanes, values, logits);
    });
    expect_forward("evaluation's logits", logits, evaluation.logits());
  }

  static void expect_forward(const std::string& name, std::span<const float> found, const Values& exact) {
    rung::testing::expect_tensor_within(name, found, std::span(exact), kForward);
  }

  void expect_gradient(std::span<const float> found, const Values& exact) const {
    const double whole = largest(std::span(exact));
    for (const TensorInfo& info : plan_.parameters) {
      const auto expected = std::span(exact).subspan(info.offset, info.size);
      const double of_whole = largest(expected) < 1e-8 * whole ? kVanished : kCancelled;
      expect_tensor("gradient/" + info.name, found.subspan(info.offset, info.size), expected,
                    kFloatEpsilon * (kGradient * largest(expected) + of_whole * whole));
    }
  }

  const ModelSpec& model_;
  int images_;
  Plan plan_;
  Weights weights_;
  Values x_;
  std::vector<uint8_t> labels_;
  size_t smallest_norm_ = 0;  // values of a channel
  float label_smoothing_ = 0;
  std::vector<float> class_weights_;
  std::vector<float> image_weights_;
  std::vector<uint8_t> other_labels_;
};

constexpr Conv2d kConv{.out_channels = 4, .kernel_size = {3, 3}, .bias = false};
constexpr BatchNorm2d kNorm{};
constexpr Dropout kDrop{0.3};
constexpr Relu kRelu{};
constexpr MaxPool2d kMax{{2, 2}};
constexpr AvgPool2d kAverage{{2, 2}};
constexpr MaxPool2d kOverlap{{3, 3}, {2, 1}, {1, 1}};
constexpr AvgPool2d kPadded{{3, 2}, {1, 1}, {1, 1}};
constexpr AdaptiveAvgPool2d kAdaptive{{2, 3}};
constexpr AdaptiveAvgPool2d kGlobal{};
constexpr Flatten kFlatten{};
constexpr Linear kLinear{3, true};
constexpr Conv2d kSame{.out_channels = 4, .kernel_size = {3, 3}, .padding = {1, 1}, .bias = false};
constexpr LeakyRelu kLeaky{0.1};
constexpr PRelu kSlope{};
constexpr PRelu kSlopes{.num_parameters = 4};
constexpr Silu kSilu{};

// Orders of layers that the engine groups into units in unusual ways.
const std::vector<std::vector<LayerSpec>> kUnusualOrders = {
    {kFlatten, kLinear},
    {kNorm, kConv, kGlobal, kLinear},
    {kRelu, kNorm, kFlatten, kLinear},
    {kMax, kFlatten, kLinear},
    {kAverage, kRelu, kFlatten, kLinear},
    {kOverlap, kFlatten, kLinear},
    {kPadded, kNorm, kFlatten, kLinear},
    {kConv, kNorm, kDrop, kRelu, kOverlap, kPadded, kRelu, kFlatten, kLinear},
    {kConv, kNorm, kOverlap, kSame, kRelu, kNorm, kAdaptive, kDrop, kFlatten, kLinear},
    {kConv, MaxPool2d{{3, 3}, {1, 1}, {1, 1}}, Add{0}, kPadded, kSilu, kFlatten, kLinear},
    {kConv, AdaptiveAvgPool2d{{9, 5}}, kConv, kRelu, kFlatten, kLinear},
    {kDrop, kFlatten, kLinear},
    {kDrop, kConv, kRelu, kNorm, kDrop, kMax, kFlatten, kLinear},
    {kConv, kRelu, kNorm, kMax, kDrop, kFlatten, kNorm, kRelu, kLinear},
    {kConv, kNorm, kNorm, kRelu, kRelu, kFlatten, kLinear},
    {kConv, kDrop, kDrop, kRelu, kFlatten, kDrop, kLinear},
    {kConv, kMax, kNorm, kRelu, kAverage, kDrop, kRelu, kFlatten, kLinear},
    {kConv, kNorm, kDrop, kMax, kRelu, kFlatten, kLinear},
    {kConv, kDrop, kMax, kFlatten, kLinear, kNorm, kDrop, kRelu, kLinear},
    {kConv, kFlatten, kNorm, kDrop, kLinear, kNorm},
    {kConv, kRelu, kDrop, kGlobal, kNorm, kLinear, kDrop},
    {kFlatten, kNorm, kLinear, kRelu, kLinear, kDrop, kRelu, kLinear},
    {Conv2d{.out_channels = 3, .kernel_size = {3, 2}, .stride = {2, 3}}, kFlatten, kLinear},
    {Conv2d{.out_channels = 6, .kernel_size = {2, 2}, .stride = {3, 3}, .padding = {3, 1}}, kFlatten,
     kLinear},
    {kConv, Conv2d{.out_channels = 4, .kernel_size = {1, 1}, .padding = {2, 1}, .groups = 2}, kRelu, kFlatten,
     kLinear},
    {kConv,
     Conv2d{.out_channels = 4,
            .kernel_size = {2, 3},
            .stride = {2, 1},
            .padding = {2, 3},
            .dilation = {3, 2},
            .groups = 2},
     kNorm, kDrop, kRelu, kFlatten, kLinear},
    {Conv2d{.out_channels = 3, .kernel_size = {3, 2}, .dilation = {3, 5}}, kFlatten, kLinear},
    {kSlope, kFlatten, kLinear},
    {PRelu{.num_parameters = 2}, kConv, kNorm, kSlopes, kDrop, kMax, kSilu, kFlatten, kLinear},
    {kSilu, kNorm, kLeaky, kDrop, kConv, kLeaky, kFlatten, kLinear, kSilu},
    {kConv, kNorm, kRelu, kSame, kNorm, Add{2}, kRelu, kFlatten, kLinear},
    {kConv, kNorm, kRelu, kSame, kNorm, kDrop, Add{0}, kRelu, kSame, Add{-3}, Add{0}, kFlatten, kLinear},
    {kConv, Add{0}, kSilu, Add{-1}, kMax, Add{-1}, kFlatten, kLinear, Add{-1}},
    {kFlatten, Add{0}, Dropout{0}, kSilu, Add{0}, kLinear, kNorm, kDrop, Add{5}},
    {Dropout{0}, kNorm, kDrop, Add{0}, kFlatten, kLinear},
    {kConv, Conv2d{.out_channels = 4, .kernel_size = {3, 3}, .padding = {1, 1}, .groups = 4}, kSlopes,
     Conv2d{.out_channels = 4, .kernel_size = {1, 1}}, kNorm, Add{0}, kDrop, kRelu, kFlatten, kLinear},
};

const std::vector<std::vector<LayerSpec>> kOrdersWithTies = {
    {kConv, kMax, kFlatten, kLinear},
    {kConv, kRelu, kMax, kFlatten, kLinear},
    {kConv, kMax, kRelu, kFlatten, kLinear},
    {kConv, Dropout{0.5}, kMax, kFlatten, kLinear},
    {kConv, Dropout{0.5}, kRelu, kMax, kFlatten, kLinear},
    {kConv, kRelu, kFlatten, kLinear},
    {kConv, MaxPool2d{{2, 3}}, kFlatten, kLinear},
    {kConv, kRelu, kOverlap, kFlatten, kLinear},
    {kConv, Dropout{0.5}, MaxPool2d{{3, 3}, {1, 1}, {1, 1}}, kFlatten, kLinear},
};

class GradientTest : public rung::testing::EveryTarget {};

TEST_P(GradientTest, EveryLayer) {
  uint32_t stream = 3000;
  for (const LayerSpec& layer : rung::testing::every_layer()) {
    const ModelSpec model = rung::testing::model_with(layer);
    bool checked = false;
    for (int attempt = 0; attempt < 30 && !checked; ++attempt) {
      Random random(stream++);
      SCOPED_TRACE(describe(model, 21));
      checked = Check(model, 21, random).run();
    }
    EXPECT_TRUE(checked) << describe(model, 21);
  }
}

TEST_P(GradientTest, UnusualOrdersOfLayers) {
  uint32_t stream = 1000;
  for (const auto& layers : kUnusualOrders) {
    const ModelSpec model{{2, 7, 6}, 3, layers};
    bool checked = false;
    for (int attempt = 0; attempt < 30 && !checked; ++attempt) {
      Random random(stream++);
      SCOPED_TRACE(describe(model, 21));
      checked = Check(model, 21, random).run();
    }
    EXPECT_TRUE(checked) << describe(model, 21);
  }
}

// The first of equal maxima takes the gradient, and a relu passes none at zero.
TEST_P(GradientTest, Ties) {
  for (const auto& layers : kOrdersWithTies) {
    const ModelSpec model{{1, 7, 8}, 3, layers};
    Random random(2000);
    SCOPED_TRACE(describe(model, 21));
    Check check(model, 21, random);
    check.make_coarse();
    EXPECT_TRUE(check.run());
  }
}

// Checks `models` of those that draw(random) makes.
template <typename DrawModel>
void check_models(int models, DrawModel draw) {
  int checked = 0;
  uint32_t stream = 0;
  while (checked < models && stream < 10 * static_cast<uint32_t>(models)) {
    Random random(stream++);
    const ModelSpec model = draw(random);
    const int images = random.any_of({1, 2, 3, 7, 9, 15, 17, 23, 31, 33, 40});
    SCOPED_TRACE(fmt::format("stream {}, {}", stream - 1, describe(model, images)));
    if (infer(model).params <= 600 && Check(model, images, random).run()) ++checked;
    if (::testing::Test::HasFailure()) break;
  }
  EXPECT_EQ(checked, models);
}

TEST_P(GradientTest, RandomModels) {
  check_models(kModels, random_model);
}

TEST_P(GradientTest, RandomModelsWithDilation) {
  check_models(kDilatedModels, [](Random& random) { return dilated(random_model(random), random); });
}

INSTANTIATE_TEST_SUITE_P(Simd, GradientTest, ::testing::ValuesIn(kernels::simd_targets()),
                         rung::testing::target_name);

}  // namespace
}  // namespace rung::nn

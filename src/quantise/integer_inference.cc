// Convolutions and their requantisation are vectorised, because they take the time; the rest are plain loops.
#include "quantise/integer_inference.h"

#include <algorithm>
#include <utility>

#include "base/aligned_buffer.h"
#include "base/require.h"
#include "kernels/conv2d_image.h"
#include "quantise/pairs.h"

namespace rung::quantise {

using kernels::Planes;

namespace {

// Bytes by channel, row and column, in planes of pairs.
uint8_t byte_at(const Planes& planes, const int32_t* x, int c, int row, int column) {
  return static_cast<uint8_t>(x[planes.at(c / 2, row, column)] >> (c % 2 * 16));
}
void set_byte(const Planes& planes, int32_t* x, int c, int row, int column, uint8_t value) {
  int32_t& pair = x[planes.at(c / 2, row, column)];
  pair = c % 2 == 0 ? pair_of(value, split(pair).second) : pair_of(split(pair).first, value);
}

// Calls visit(channel, row, column) for every element of the shape.
template <typename Visit>
void for_each_element(const nn::Shape& shape, Visit visit) {
  for (int c = 0; c < shape.channels; ++c) {
    for (int row = 0; row < shape.height; ++row) {
      for (int column = 0; column < shape.width; ++column) visit(c, row, column);
    }
  }
}

Planes pair_planes(const nn::Shape& shape) {
  return kernels::planes_of(kernels::pairs_of(shape.channels), shape.height, shape.width);
}

// The input rows or columns of an output's window that exist.
std::pair<int, int> clipped(int output, int stride, int before, int kernel, int inputs) {
  const int begin = output * stride - before;
  return {std::max(begin, 0), std::min(begin + kernel, inputs)};
}

}  // namespace

// A node, ready to run.
class IntegerInference::Step {
 public:
  explicit Step(const nn::Shape& shape)
      : output(shape), planes(pair_planes(shape)), values(planes.floats()) {}
  virtual ~Step() = default;
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;

  virtual void run() {}

  nn::Shape output;
  Planes planes;                  // of `values`
  AlignedBuffer<int32_t> values;  // the node's output, in pairs
  std::vector<int32_t> sums;      // likewise, of a node without a requantisation: [C]
};

namespace {

using Step = IntegerInference::Step;

class ImageStep final : public Step {
 public:
  using Step::Step;

  void load(std::span<const uint8_t> image) {  // [H][W][C]
    const auto channels = static_cast<size_t>(output.channels);
    const uint8_t* pixel = image.data();
    for (int row = 0; row < output.height; ++row) {
      for (int column = 0; column < output.width; ++column, pixel += channels) {
        for (size_t c = 0; c < channels; c += 2)
          values[planes.at(static_cast<int>(c / 2), row, column)] =
              pair_of(pixel[c], c + 1 < channels ? pixel[c + 1] : uint8_t{0});
      }
    }
  }
};

// Of one group of channels. An input with a border is copied into it.
class ConvolutionStep final : public Step {
 public:
  ConvolutionStep(const Convolution& convolution, const Step& input, const nn::Shape& shape)
      : Step(shape),
        convolution_(convolution),
        input_(input),
        has_border_(convolution.slide.before != nn::Size2{0, 0} ||
                    convolution.slide.after != nn::Size2{0, 0}),
        bordered_(has_border_ ? bordered(convolution, input.output) : input.planes) {
    const Slide& slide = convolution.slide;
    conv_ = kernels::image_conv({.in_channels = bordered_.channels,
                                 .in_height = bordered_.height,
                                 .in_width = bordered_.width,
                                 .out_channels = output.channels,
                                 .kernel_h = slide.kernel.h,
                                 .kernel_w = slide.kernel.w,
                                 .stride_h = slide.stride.h,
                                 .stride_w = slide.stride.w,
                                 .dilation_h = slide.dilation.h,
                                 .dilation_w = slide.dilation.w},
                                bordered_);
    if (has_border_) fill_border();
    pack();
    sums_ = AlignedBuffer<int32_t>(conv_.output.floats());
    planes = conv_.output;
    planes.channels = kernels::pairs_of(output.channels);
    values = AlignedBuffer<int32_t>(planes.floats());
    if (!convolution.requantisation) sums.resize(convolution.bias.size());
  }

  void run() override {
    if (has_border_) copy_input();
    kernels::conv2d_image(conv_, has_border_ ? bordered_input_.data() : input_.values.data(), packed_.data(),
                          sums_.data());
    if (convolution_.requantisation)
      return requantise_pairs(*convolution_.requantisation, conv_.output, sums_.data(), values.data());
    for (size_t k = 0; k < sums.size(); ++k) sums[k] = sums_[conv_.output.at(k)];
  }

 private:
  static Planes bordered(const Convolution& convolution, const nn::Shape& input) {
    const Slide& slide = convolution.slide;
    return kernels::planes_of(kernels::pairs_of(input.channels),
                              input.height + slide.before.h + slide.after.h,
                              input.width + slide.before.w + slide.after.w);
  }

  void fill_border() {
    bordered_input_ = AlignedBuffer<int32_t>(bordered_.floats());
    const auto& padding = convolution_.padding;
    for_each_element({input_.output.channels, bordered_.height, bordered_.width},
                     [&](int c, int row, int column) {
                       const size_t place = padding.size() == 1 ? 0 : static_cast<size_t>(c);
                       set_byte(bordered_, bordered_input_.data(), c, row, column, padding[place]);
                     });
  }

  void copy_input() {
    const nn::Size2 before = convolution_.slide.before;
    for (int pair = 0; pair < input_.planes.channels; ++pair) {
      for (int row = 0; row < input_.output.height; ++row)
        std::copy_n(input_.values.data() + input_.planes.at(pair, row, 0), input_.output.width,
                    bordered_input_.data() + bordered_.at(pair, row + before.h, before.w));
    }
  }

  // From [K][kernel h][kernel w][C] to pairs [K][C / 2][kernel h][kernel w].
  void pack() {
    const auto channels = static_cast<size_t>(input_.output.channels);
    const nn::Size2 kernel = convolution_.slide.kernel;
    const size_t places = static_cast<size_t>(kernel.h) * static_cast<size_t>(kernel.w);
    std::vector<int32_t> weights;
    for (size_t k = 0; k < convolution_.bias.size(); ++k) {
      for (size_t c = 0; c < channels; c += 2) {
        for (size_t place = 0; place < places; ++place) {
          const int8_t* weight = convolution_.weight.data() + (k * places + place) * channels + c;
          const int32_t upper = c + 1 < channels ? weight[1] : 0;
          weights.push_back(
              static_cast<int32_t>(static_cast<uint32_t>(upper) << 16 | static_cast<uint16_t>(weight[0])));
        }
      }
    }
    packed_ = AlignedBuffer<int32_t>(conv_.packed_values());
    kernels::pack_for_image(conv_, weights.data(), convolution_.bias.data(), packed_.data());
  }

  const Convolution& convolution_;
  const Step& input_;
  bool has_border_;
  Planes bordered_;
  kernels::ImageConv conv_;
  AlignedBuffer<int32_t> bordered_input_;
  AlignedBuffer<int32_t> packed_;
  AlignedBuffer<int32_t> sums_;
};

// A convolution of several groups of channels, element by element.
class GroupedStep final : public Step {
 public:
  GroupedStep(const Convolution& convolution, const Step& input, const nn::Shape& shape)
      : Step(shape), convolution_(convolution), input_(input) {
    if (!convolution.requantisation) sums.resize(convolution.bias.size());
  }

  void run() override {
    for_each_element(output, [&](int k, int row, int column) {
      const int32_t sum = sum_at(k, row, column);
      const auto& r = convolution_.requantisation;
      const auto channel = static_cast<size_t>(k);
      if (r) {
        set_byte(planes, values.data(), k, row, column,
                 requantise(sum, r->of_channel(channel), r->shift, r->zero));
      } else {
        sums[channel] = sum;
      }
    });
  }

 private:
  int32_t sum_at(int k, int row, int column) const {
    const Slide& slide = convolution_.slide;
    const int channels = input_.output.channels / convolution_.groups;
    const int first = k / (output.channels / convolution_.groups) * channels;
    const int8_t* weight = convolution_.weight.data() + static_cast<size_t>(k) * convolution_.taps();
    int32_t sum = convolution_.bias[static_cast<size_t>(k)];
    for (int ky = 0; ky < slide.kernel.h; ++ky) {
      const int y = row * slide.stride.h + ky * slide.dilation.h - slide.before.h;
      for (int kx = 0; kx < slide.kernel.w; ++kx) {
        const int x = column * slide.stride.w + kx * slide.dilation.w - slide.before.w;
        for (int c = first; c < first + channels; ++c) sum += int32_t{input_at(c, y, x)} * *weight++;
      }
    }
    return sum;
  }

  uint8_t input_at(int c, int row, int column) const {
    const nn::Shape& in = input_.output;
    if (row >= 0 && row < in.height && column >= 0 && column < in.width)
      return byte_at(input_.planes, input_.values.data(), c, row, column);
    return convolution_.padding[convolution_.padding.size() == 1 ? 0 : static_cast<size_t>(c)];
  }

  const Convolution& convolution_;
  const Step& input_;
};

class MaxPoolStep final : public Step {
 public:
  MaxPoolStep(const MaxPool& pool, const Step& input, const nn::Shape& shape)
      : Step(shape), slide_(pool.slide), input_(input) {}

  void run() override {
    const Slide plain{.kernel = {2, 2}, .stride = {2, 2}};
    if (slide_ == plain) return max_pool_2x2(input_.planes, input_.values.data(), planes, values.data());
    for (int row = 0; row < output.height; ++row) {
      const auto [top, bottom] =
          clipped(row, slide_.stride.h, slide_.before.h, slide_.kernel.h, input_.output.height);
      for (int column = 0; column < output.width; ++column) {
        const auto [left, right] =
            clipped(column, slide_.stride.w, slide_.before.w, slide_.kernel.w, input_.output.width);
        for (int pair = 0; pair < planes.channels; ++pair)
          values[planes.at(pair, row, column)] = maximum(pair, top, bottom, left, right);
      }
    }
  }

 private:
  int32_t maximum(int pair, int top, int bottom, int left, int right) const {
    constexpr int32_t kUpper = ~0xFFFF;
    int32_t lower = 0;
    int32_t upper = 0;
    for (int y = top; y < bottom; ++y) {
      const int32_t* row = input_.values.data() + input_.planes.at(pair, y, 0);
      for (int x = left; x < right; ++x) {
        lower = std::max(lower, row[x] & ~kUpper);
        upper = std::max(upper, row[x] & kUpper);
      }
    }
    return lower | upper;
  }

  Slide slide_;
  const Step& input_;
};

class AveragePoolStep final : public Step {
 public:
  AveragePoolStep(const AveragePool& pool, const Step& input, const nn::Shape& shape)
      : Step(shape), pool_(pool), input_(input) {
    if (!pool.requantisation) sums.resize(static_cast<size_t>(output.channels));
  }

  void run() override {
    for_each_element(output, [&](int c, int row, int column) {
      const int32_t sum = sum_at(c, row, column);
      const auto channel = static_cast<size_t>(c);
      if (const auto& r = pool_.requantisation) {
        set_byte(planes, values.data(), c, row, column,
                 requantise(sum, r->of_channel(channel), r->shift, r->zero));
      } else {
        sums[channel] = sum;
      }
    });
  }

 private:
  int32_t sum_at(int c, int row, int column) const {
    const Slide& slide = pool_.slide;
    const auto [top, bottom] =
        clipped(row, slide.stride.h, slide.before.h, slide.kernel.h, input_.output.height);
    const auto [left, right] =
        clipped(column, slide.stride.w, slide.before.w, slide.kernel.w, input_.output.width);
    const int inside = std::max(bottom - top, 0) * std::max(right - left, 0);
    int32_t sum = pool_.bias + pool_.padding * (slide.kernel.h * slide.kernel.w - inside);
    for (int y = top; y < bottom; ++y) {
      for (int x = left; x < right; ++x) sum += byte_at(input_.planes, input_.values.data(), c, y, x);
    }
    return sum;
  }

  const AveragePool& pool_;
  const Step& input_;
};

class SumStep final : public Step {
 public:
  SumStep(const Sum& sum, const Step& first, const Step& second, const nn::Shape& shape)
      : Step(shape), sum_(sum), first_(first), second_(second) {}

  void run() override {
    for_each_element(output, [&](int c, int row, int column) {
      const int64_t a = byte_at(first_.planes, first_.values.data(), c, row, column);
      const int64_t b = byte_at(second_.planes, second_.values.data(), c, row, column);
      set_byte(planes, values.data(), c, row, column,
               shifted(a * sum_.multiplier[0] + b * sum_.multiplier[1] + sum_.offset, sum_.shift));
    });
  }

 private:
  const Sum& sum_;
  const Step& first_;
  const Step& second_;
};

// A function of each byte.
template <typename Function>
class BytesStep final : public Step {
 public:
  BytesStep(Function function, const Step& input, const nn::Shape& shape)
      : Step(shape), function_(function), input_(input) {}

  void run() override {
    for_each_element(output, [&](int c, int row, int column) {
      const uint8_t value = byte_at(input_.planes, input_.values.data(), c, row, column);
      set_byte(planes, values.data(), c, row, column, function_(static_cast<size_t>(c), value));
    });
  }

 private:
  Function function_;
  const Step& input_;
};

using Steps = std::vector<std::unique_ptr<Step>>;

// Makes the step of an operation.
struct MakeStep {
  const Node& node;
  const Steps& steps;  // of earlier nodes

  const Step& input(size_t which = 0) const { return *steps[node.inputs[which]]; }

  std::unique_ptr<Step> operator()(const Image& /*image*/) const {
    return std::make_unique<ImageStep>(node.output);
  }
  std::unique_ptr<Step> operator()(const Convolution& convolution) const {
    if (convolution.groups > 1) return std::make_unique<GroupedStep>(convolution, input(), node.output);
    return std::make_unique<ConvolutionStep>(convolution, input(), node.output);
  }
  std::unique_ptr<Step> operator()(const MaxPool& pool) const {
    return std::make_unique<MaxPoolStep>(pool, input(), node.output);
  }
  std::unique_ptr<Step> operator()(const AveragePool& pool) const {
    return std::make_unique<AveragePoolStep>(pool, input(), node.output);
  }
  std::unique_ptr<Step> operator()(const Sum& sum) const {
    return std::make_unique<SumStep>(sum, input(0), input(1), node.output);
  }
  std::unique_ptr<Step> operator()(const Lookup& lookup) const {
    return of_bytes([&lookup](size_t /*c*/, uint8_t value) { return lookup.table[value]; });
  }
  std::unique_ptr<Step> operator()(const Slopes& slopes) const {
    return of_bytes([&slopes](size_t c, uint8_t byte) {
      const int32_t value = int32_t{byte} - slopes.zero;
      const int32_t multiplier = value < 0 ? slopes.negative.of_channel(c) : slopes.positive;
      return requantise(value, multiplier, slopes.negative.shift, slopes.negative.zero);
    });
  }

  template <typename Function>
  std::unique_ptr<Step> of_bytes(Function function) const {
    return std::make_unique<BytesStep<Function>>(function, input(), node.output);
  }
};

}  // namespace

IntegerInference::IntegerInference(const IntegerModel& model) : logits_(static_cast<size_t>(model.classes)) {
  for (const Node& node : model.nodes) steps_.push_back(std::visit(MakeStep{node, steps_}, node.operation));
}

IntegerInference::IntegerInference(IntegerInference&&) noexcept = default;
IntegerInference::~IntegerInference() = default;

std::span<const int32_t> IntegerInference::run(std::span<const uint8_t> image) {
  auto& first = static_cast<ImageStep&>(*steps_.front());
  RUNG_REQUIRE(static_cast<int64_t>(image.size()) == first.output.elements());
  first.load(image);
  for (const auto& step : steps_) step->run();
  const Step& last = *steps_.back();
  if (!last.sums.empty()) return last.sums;
  for (int k = 0; k < last.output.channels; ++k)
    logits_[static_cast<size_t>(k)] = byte_at(last.planes, last.values.data(), k, 0, 0);
  return logits_;
}

}  // namespace rung::quantise

// Google Benchmark for the kernels, one core, one block of 16 images, over the layer shapes of the ladder.
// FLOP count a multiply-accumulate as two; bytes are those that a kernel must read and write at least once,
// including bits.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <set>
#include <string>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/philox.h"
#include "kernels/activation.h"
#include "kernels/conv2d.h"
#include "kernels/dropout.h"
#include "kernels/simd.h"
#include "nn/plan.h"
#include "recipe/recipe.h"

namespace rung::bench {
namespace {

using benchmark::Counter;
using kernels::ActivationShape;
using kernels::block_floats;
using kernels::ConvShape;
using kernels::kLanes;

constexpr double kDropout = 0.08;
constexpr auto kKept = static_cast<float>(1 / (1 - kDropout));

// Values in [-1, 1).
AlignedBuffer<float> random_floats(size_t size) {
  AlignedBuffer<float> buffer(size);
  RandomStream random(1, RandomPurpose::kInit);
  for (size_t i = 0; i < size; ++i) buffer.data()[i] = 2 * random.uniform() - 1;
  return buffer;
}

kernels::DropoutStream dropout_stream() {
  return {.key = philox_key(1), .block = 0, .epoch = 0, .purpose = purpose_word(RandomPurpose::kDropout)};
}

std::vector<uint16_t> random_bits(size_t elements) {
  std::vector<uint16_t> bits(elements);
  kernels::dropout_bits(dropout_stream(), kernels::dropout_threshold(kDropout), elements, bits.data());
  return bits;
}

void count_flop(benchmark::State& state, double flop) {
  state.counters["FLOP/s"] = Counter(flop, Counter::kIsIterationInvariantRate, Counter::kIs1000);
}

void count_bytes(benchmark::State& state, double bytes) {
  state.counters["bytes/s"] = Counter(bytes, Counter::kIsIterationInvariantRate, Counter::kIs1000);
}

size_t input_floats(const ConvShape& shape) {
  return block_floats(shape.in_channels, shape.in_height, shape.in_width);
}

size_t output_floats(const ConvShape& shape) {
  return block_floats(shape.out_channels, shape.out_height(), shape.out_width());
}

double conv_flop(const ConvShape& shape) {
  return 2.0 * shape.taps() * static_cast<double>(output_floats(shape));
}

void conv2d_forward(benchmark::State& state, const ConvShape& shape) {
  const auto x = random_floats(input_floats(shape));
  const auto packed = random_floats(shape.weights());
  AlignedBuffer<float> y(output_floats(shape));
  const size_t sums = static_cast<size_t>(shape.out_channels) * kLanes;
  AlignedBuffer<float> sum(sums);
  AlignedBuffer<float> squares(sums);
  const kernels::MomentSums moments{sum.data(), squares.data()};
  const auto view = kernels::dense_view(x.data(), shape.in_height, shape.in_width);
  for ([[maybe_unused]] auto _ : state) {
    kernels::conv2d_forward(shape, view, packed.data(), nullptr, y.data(), {.moments = &moments});
  }
  count_flop(state, conv_flop(shape));
}

void conv2d_input_gradient(benchmark::State& state, const ConvShape& shape) {
  const kernels::Canvas size = kernels::gradient_canvas(shape);
  const auto canvas = random_floats(block_floats(shape.out_channels, size.height, size.width));
  const auto packed = random_floats(shape.weights());
  AlignedBuffer<float> dx(input_floats(shape));
  for ([[maybe_unused]] auto _ : state) {
    kernels::conv2d_input_gradient(shape, canvas.data(), packed.data(), dx.data());
  }
  count_flop(state, conv_flop(shape));
}

void conv2d_weight_gradient(benchmark::State& state, const ConvShape& shape) {
  const auto x = random_floats(input_floats(shape));
  const auto dy = random_floats(output_floats(shape));
  AlignedBuffer<float> scratch(shape.weights() * kLanes);
  AlignedBuffer<float> dweights(shape.weights());
  const auto x_view = kernels::dense_view(x.data(), shape.in_height, shape.in_width);
  const auto dy_view = kernels::dense_view(dy.data(), shape.out_height(), shape.out_width());
  for ([[maybe_unused]] auto _ : state) {
    kernels::conv2d_weight_gradient(shape, x_view, dy_view, scratch.data(), dweights.data(), nullptr);
  }
  count_flop(state, conv_flop(shape));
}

size_t pooled_floats(const ActivationShape& shape) {
  return block_floats(shape.channels, shape.out_height(), shape.out_width());
}

double bytes_of(size_t floats, size_t bit_words) {
  return static_cast<double>(floats * sizeof(float) + bit_words * sizeof(uint16_t));
}

// Reads x and the bits, writes y and the bits.
void activation_forward(benchmark::State& state, const ActivationShape& shape) {
  const size_t elements = shape.elements();
  const auto x = random_floats(elements * kLanes);
  const auto scale = random_floats(static_cast<size_t>(shape.channels));
  AlignedBuffer<float> y(pooled_floats(shape));
  auto bits = random_bits(elements);
  for ([[maybe_unused]] auto _ : state) {
    kernels::activation_forward(shape, {x.data(), scale.data(), scale.data()}, bits.data(), y.data());
  }
  count_bytes(state, bytes_of(elements * kLanes + pooled_floats(shape), 2 * elements));
}

// Reads dy, x and the bits.
void activation_backward_sums(benchmark::State& state, const ActivationShape& shape) {
  const size_t elements = shape.elements();
  auto dy = random_floats(pooled_floats(shape));
  const auto x = random_floats(elements * kLanes);
  const auto mean = random_floats(static_cast<size_t>(shape.channels));
  const auto bits = random_bits(elements);
  AlignedBuffer<float> sums(static_cast<size_t>(shape.channels) * 2);
  for ([[maybe_unused]] auto _ : state) {
    kernels::activation_backward_sums(shape, {.x = x.data()}, {dy.data(), bits.data(), kKept}, mean.data(),
                                      sums.data());
  }
  count_bytes(state, bytes_of(elements * kLanes + pooled_floats(shape), elements));
}

// Reads dy, x and the bits, writes dx.
void activation_backward(benchmark::State& state, const ActivationShape& shape) {
  const size_t elements = shape.elements();
  auto dy = random_floats(pooled_floats(shape));
  const auto x = random_floats(elements * kLanes);
  const auto coefficients = random_floats(static_cast<size_t>(shape.channels));
  const auto bits = random_bits(elements);
  AlignedBuffer<float> dx(elements * kLanes);
  const kernels::NormGradient norm{coefficients.data(), coefficients.data(), coefficients.data(),
                                   coefficients.data()};
  for ([[maybe_unused]] auto _ : state) {
    kernels::activation_backward(shape, {.x = x.data()}, {dy.data(), bits.data(), kKept}, &norm, kLanes,
                                 kernels::dense_view(dx.data(), shape.height, shape.width));
  }
  count_bytes(state, bytes_of(2 * elements * kLanes + pooled_floats(shape), elements));
}

void dropout_bits(benchmark::State& state, size_t elements) {
  std::vector<uint16_t> bits(elements);
  const uint16_t threshold = kernels::dropout_threshold(kDropout);
  for ([[maybe_unused]] auto _ : state) {
    kernels::dropout_bits(dropout_stream(), threshold, elements, bits.data());
    benchmark::ClobberMemory();
  }
  count_bytes(state, bytes_of(0, elements));
}

std::string describe(const ConvShape& shape) {
  return fmt::format("{}x{}x{}_to_{}_kernel_{}x{}", shape.in_channels, shape.in_height, shape.in_width,
                     shape.out_channels, shape.kernel_h, shape.kernel_w);
}

std::string describe(const ActivationShape& shape) {
  constexpr const char* kPoolings[] = {"", "_max_pool", "_average_pool"};
  return fmt::format("{}x{}x{}{}", shape.channels, shape.height, shape.width,
                     kPoolings[static_cast<size_t>(shape.pooling)]);
}

// A name that already exists is a shape that was already registered.
class Registry {
 public:
  template <typename Function, typename Shape>
  void add(const std::string& kernel, const std::string& shape_name, Function function, const Shape& shape) {
    const std::string name = kernel + "/" + shape_name;
    if (names_.insert(name).second) benchmark::RegisterBenchmark(name.c_str(), function, shape);
  }

 private:
  std::set<std::string> names_;
};

void add_unit(Registry& registry, const nn::Unit& unit, bool first) {
  if (unit.conv) {
    const std::string name = describe(*unit.conv);
    registry.add("conv2d_forward", name, conv2d_forward, *unit.conv);
    if (!first) registry.add("conv2d_input_gradient", name, conv2d_input_gradient, *unit.conv);
    registry.add("conv2d_weight_gradient", name, conv2d_weight_gradient, *unit.conv);
  }
  if (!unit.activates() || !unit.has_bits()) return;
  const std::string name = describe(unit.activation);
  registry.add("activation_forward", name, activation_forward, unit.activation);
  registry.add("activation_backward_sums", name, activation_backward_sums, unit.activation);
  registry.add("activation_backward", name, activation_backward, unit.activation);
  registry.add("dropout_bits", fmt::format("{}_words", unit.activation.elements()), dropout_bits,
               unit.activation.elements());
}

void add_ladder() {
  Registry registry;
  for (int step = 3; step <= 5; ++step) {  // steps 1 and 2 have step 3's shapes
    const auto recipe = recipe::load(fmt::format("{}/recipes/ladder/step{}.toml", RUNG_SOURCE_DIR, step));
    const nn::Plan plan = nn::make_plan(recipe.model);
    for (size_t i = 0; i < plan.units.size(); ++i) add_unit(registry, plan.units[i], i == 0);
  }
}

}  // namespace
}  // namespace rung::bench

int main(int argc, char** argv) {
  rung::bench::add_ladder();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::AddCustomContext("simd", rung::kernels::simd_target());
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}

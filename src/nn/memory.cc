#include "nn/memory.h"

#include <algorithm>

#include "nn/padding.h"

namespace rung::nn {
namespace {

using kernels::kLanes;

}  // namespace

size_t output_elements(const Plan& plan, size_t s, Precision precision) {
  const Unit& unit = plan.units[s];
  const bool pairs = storage_of(plan, s, precision).pairs;
  return std::max(block_elements(computed_output(unit), pairs), block_elements(unit.output, pairs));
}

UnitSizes unit_sizes(const Plan& plan, size_t s, Precision precision) {
  const Unit& unit = plan.units[s];
  const UnitStorage storage = storage_of(plan, s, precision);
  const Shape activated{unit.activation.channels, unit.activation.height, unit.activation.width};
  UnitSizes sizes{.canvas = {.height = activated.height, .width = activated.width}};
  if (unit.conv) {
    const kernels::ConvShape& conv = *unit.conv;
    sizes.convolved = std::max(block_elements(activated, storage.pairs),
                               unit.activates() ? 0 : output_elements(plan, s, precision));
    const size_t packed = storage.conv_pairs ? kernels::packed_pairs(conv) : conv.weights();
    sizes.packed_forward = packed;
    // The first unit passes no gradient on, so its canvas needs no border.
    if (s > 0) {
      sizes.packed_backward = packed;
      sizes.canvas = kernels::gradient_canvas(conv);
    }
    sizes.canvas_elements =
        block_elements({activated.channels, sizes.canvas.height, sizes.canvas.width}, storage.conv_pairs);
    sizes.padded = PaddedInput::elements(conv, storage.conv_pairs);
    sizes.scratch = kernels::weight_gradient_scratch(conv, storage.conv_pairs);
    if (storage.pairs) {
      const size_t forward = kernels::block_floats(conv.out_channels, 1, activated.width);
      const size_t backward = kernels::block_floats(conv.in_channels, 1, conv.in_width);
      sizes.row = std::max(forward, backward);
    }
  }
  if (unit.norm)
    sizes.moment_sums = kernels::block_floats(activated.channels, 1,
                                              kernels::moment_bands(activated.height, activated.width));
  if (unit.activates()) sizes.activated = output_elements(plan, s, precision);
  if (unit.has_bits()) {
    const int channels = storage.pairs ? 2 * kernels::pairs_of(activated.channels) : activated.channels;
    sizes.bits = unit.activation.plane() * static_cast<size_t>(channels);
  }
  if (unit.input_is_added) {
    sizes.kept = block_elements(unit.input, storage.input_pairs);
    if (s > 0) sizes.skip_gradients = sizes.kept;
  }
  const bool widens = s > 0 && (unit.runner || (unit.conv && !storage.conv_pairs));
  if (precision == Precision::kBf16 && widens) sizes.wide = block_floats(unit.input);
  if (storage.pairs && (unit.runner || s + 1 == plan.units.size() || flattens(unit)))
    sizes.wide = std::max(sizes.wide, block_floats(unit.output));
  return sizes;
}

uint64_t inference_bytes(const Plan& plan, int threads) {
  uint64_t packed = 0;
  uint64_t thread = 0;
  size_t largest = block_floats(plan.input);
  for (size_t s = 0; s < plan.units.size(); ++s) {
    const Unit& unit = plan.units[s];
    const UnitSizes sizes = unit_sizes(plan, s);
    packed += sizes.packed_forward;
    thread += sizes.kept + sizes.padded;
    largest = std::max({largest, unit.activation.elements() * kLanes, block_floats(unit.output)});
  }
  thread += 2 * largest;  // from unit to unit
  return (packed + static_cast<uint64_t>(threads) * thread) * sizeof(float);
}

uint64_t training_bytes(const Plan& plan, Precision precision, int state_floats, int largest_batch,
                        int threads) {
  // Weights, their gradient, the optimiser's state.
  uint64_t whole = (2 + static_cast<uint64_t>(state_floats)) * plan.parameter_count;
  uint64_t block = block_floats(plan.input) + plan.parameter_count;  // the images; their gradient
  if (needs_image_pairs(plan, precision)) block += block_elements(plan.units[0].input, true);
  uint64_t thread = 0;
  uint64_t bits = 0;  // of a block
  UnitSizes most;
  size_t largest_output = 0;
  for (size_t s = 0; s < plan.units.size(); ++s) {
    const UnitSizes sizes = unit_sizes(plan, s, precision);
    whole += sizes.packed_forward + sizes.packed_backward;
    block += sizes.convolved + sizes.activated + sizes.skip_gradients;
    thread += sizes.canvas_elements + sizes.padded;
    bits += sizes.bits;
    most.scratch = std::max(most.scratch, sizes.scratch);
    most.moment_sums = std::max(most.moment_sums, sizes.moment_sums);
    most.row = std::max(most.row, sizes.row);
    most.wide = std::max(most.wide, sizes.wide);
    largest_output = std::max(largest_output, output_elements(plan, s, precision));
  }
  block += 2 * largest_output;  // a unit reads its output's gradient, and writes its input's
  thread += most.scratch + 2 * most.moment_sums + most.row + kWideTensors * most.wide;
  const auto blocks = static_cast<uint64_t>(kernels::blocks_of(largest_batch));
  const uint64_t elements = whole + blocks * block + static_cast<uint64_t>(threads) * thread;
  return elements * sizeof(float) + blocks * bits * sizeof(uint16_t) + inference_bytes(plan, threads);
}

}  // namespace rung::nn

#include "nn/memory.h"

#include <algorithm>

#include "nn/padding.h"

namespace rung::nn {
namespace {

using kernels::kLanes;

}  // namespace

UnitSizes unit_sizes(const Plan& plan, size_t s) {
  const Unit& unit = plan.units[s];
  const size_t elements = unit.activation.elements();
  UnitSizes sizes{.canvas = {.height = unit.activation.height, .width = unit.activation.width}};
  if (unit.conv) {
    sizes.convolved = elements * kLanes;
    sizes.packed_forward = unit.conv->weights();
    // The first unit passes no gradient on, so its canvas needs no border.
    if (s > 0) {
      sizes.packed_backward = unit.conv->weights();
      sizes.canvas = kernels::gradient_canvas(*unit.conv);
    }
    sizes.canvas_floats =
        kernels::block_floats(unit.activation.channels, sizes.canvas.height, sizes.canvas.width);
  }
  if (unit.activates()) sizes.activated = block_floats(unit.output);
  if (unit.has_bits()) sizes.bits = elements;
  if (unit.input_is_added) {
    sizes.kept = block_floats(unit.input);
    if (s > 0) sizes.skip_gradients = sizes.kept;
  }
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
    thread += sizes.kept + (unit.conv ? PaddedInput::floats(*unit.conv) : 0);
    largest = std::max({largest, unit.activation.elements() * kLanes, block_floats(unit.output)});
  }
  thread += 2 * largest;  // from unit to unit
  return (packed + static_cast<uint64_t>(threads) * thread) * sizeof(float);
}

uint64_t training_bytes(const Plan& plan, int state_floats, int largest_batch, int threads) {
  // Weights, their gradient, the optimiser's state.
  uint64_t whole = (2 + static_cast<uint64_t>(state_floats)) * plan.parameter_count;
  uint64_t block = block_floats(plan.input) + plan.parameter_count;  // the images; their gradient
  uint64_t thread = 0;
  uint64_t bits = 0;  // of a block
  size_t most_weights = 0;
  size_t largest_output = 0;
  for (size_t s = 0; s < plan.units.size(); ++s) {
    const Unit& unit = plan.units[s];
    const UnitSizes sizes = unit_sizes(plan, s);
    whole += sizes.packed_forward + sizes.packed_backward;
    block += sizes.convolved + sizes.activated + sizes.skip_gradients;
    thread += sizes.canvas_floats + (unit.conv ? PaddedInput::floats(*unit.conv) : 0);
    bits += sizes.bits;
    most_weights = std::max(most_weights, sizes.packed_forward);
    largest_output = std::max(largest_output, block_floats(unit.output));
  }
  block += 2 * largest_output;      // a unit reads its output's gradient, and writes its input's
  thread += most_weights * kLanes;  // a weight gradient's sums
  const auto blocks = static_cast<uint64_t>(kernels::blocks_of(largest_batch));
  const uint64_t floats = whole + blocks * block + static_cast<uint64_t>(threads) * thread;
  return floats * sizeof(float) + blocks * bits * sizeof(uint16_t) + inference_bytes(plan, threads);
}

}  // namespace rung::nn

#include "nn/memory.h"

#include <algorithm>

#include "nn/padding.h"

namespace rung::nn {
namespace {

using kernels::kLanes;

}  // namespace

StageSizes stage_sizes(const Plan& plan, size_t s) {
  const Stage& stage = plan.stages[s];
  const size_t elements = stage.activation.elements();
  StageSizes sizes{.canvas = {.height = stage.activation.height, .width = stage.activation.width}};
  if (stage.conv) {
    sizes.convolved = elements * kLanes;
    sizes.packed_forward = stage.conv->weights();
    // The first stage passes no gradient on, so its canvas needs no border.
    if (s > 0) {
      sizes.packed_backward = stage.conv->weights();
      sizes.canvas = kernels::gradient_canvas(*stage.conv);
    }
    sizes.canvas_floats =
        kernels::group_floats(stage.activation.channels, sizes.canvas.height, sizes.canvas.width);
  }
  if (stage.activates()) sizes.activated = group_floats(stage.output);
  if (stage.has_bits()) sizes.bits = elements;
  if (stage.input_is_added) {
    sizes.kept = group_floats(stage.input);
    if (s > 0) sizes.skip_gradients = sizes.kept;
  }
  return sizes;
}

uint64_t inference_bytes(const Plan& plan, int threads) {
  uint64_t packed = 0;
  uint64_t thread = 0;
  size_t largest = group_floats(plan.input);
  for (size_t s = 0; s < plan.stages.size(); ++s) {
    const Stage& stage = plan.stages[s];
    const StageSizes sizes = stage_sizes(plan, s);
    packed += sizes.packed_forward;
    thread += sizes.kept + (stage.conv ? PaddedInput::floats(*stage.conv) : 0);
    largest = std::max({largest, stage.activation.elements() * kLanes, group_floats(stage.output)});
  }
  thread += 2 * largest;  // from stage to stage
  return (packed + static_cast<uint64_t>(threads) * thread) * sizeof(float);
}

uint64_t training_bytes(const Plan& plan, int state_floats, int largest_batch, int threads) {
  // Weights, their gradient, the optimiser's state.
  uint64_t whole = (2 + static_cast<uint64_t>(state_floats)) * plan.parameter_count;
  uint64_t group = group_floats(plan.input) + plan.parameter_count;  // the images; their gradient
  uint64_t thread = 0;
  uint64_t bits = 0;  // of a group
  size_t most_weights = 0;
  size_t largest_output = 0;
  for (size_t s = 0; s < plan.stages.size(); ++s) {
    const Stage& stage = plan.stages[s];
    const StageSizes sizes = stage_sizes(plan, s);
    whole += sizes.packed_forward + sizes.packed_backward;
    group += sizes.convolved + sizes.activated + sizes.skip_gradients;
    thread += sizes.canvas_floats + (stage.conv ? PaddedInput::floats(*stage.conv) : 0);
    bits += sizes.bits;
    most_weights = std::max(most_weights, sizes.packed_forward);
    largest_output = std::max(largest_output, group_floats(stage.output));
  }
  group += 2 * largest_output;      // a stage reads its output's gradient, and writes its input's
  thread += most_weights * kLanes;  // a weight gradient's sums
  const auto groups = static_cast<uint64_t>(kernels::groups_of(largest_batch));
  const uint64_t floats = whole + groups * group + static_cast<uint64_t>(threads) * thread;
  return floats * sizeof(float) + groups * bits * sizeof(uint16_t) + inference_bytes(plan, threads);
}

}  // namespace rung::nn

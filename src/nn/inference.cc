#include "nn/inference.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "base/system_limits.h"
#include "kernels/batch_norm.h"
#include "nn/memory.h"
#include "nn/single.h"

namespace rung::nn {

FoldedNorm fold_norm(const Stage& stage, const Weights& weights) {
  const auto channels = static_cast<size_t>(stage.activation.channels);
  FoldedNorm folded{std::vector<float>(channels, 1), std::vector<float>(channels, 0)};
  if (!stage.norm) return folded;
  const auto parameters = std::span(weights.parameters);
  const auto buffers = std::span(weights.buffers);
  kernels::batch_norm_running(
      {parameters.subspan(stage.norm->weight, channels), parameters.subspan(stage.norm->bias, channels),
       stage.norm->eps, stage.norm->momentum},
      buffers.subspan(stage.norm->running_mean, channels), buffers.subspan(stage.norm->running_var, channels),
      folded.scale, folded.shift);
  return folded;
}

Inference::Inference(const Plan& plan, ThreadPool& pool)
    : plan_(plan), pool_(pool), stages_(plan.stages.size()), threads_(static_cast<size_t>(pool.size())) {
  require_memory(inference_bytes(plan, pool.size()),
                 fmt::format("evaluating the model with {} threads", pool.size()), "use fewer threads");
  size_t largest = group_floats(plan.input);
  for (size_t s = 0; s < plan.stages.size(); ++s) {
    const Stage& stage = plan.stages[s];
    if (stage.conv) stages_[s].packed = AlignedBuffer<float>(stage.conv->weights());
    largest = std::max({largest, stage.activation.elements() * kernels::kLanes, group_floats(stage.output)});
  }
  for (ThreadMemory& memory : threads_) {
    for (auto& buffer : memory.buffers) buffer = AlignedBuffer<float>(largest);
    for (const Stage& stage : plan.stages)
      memory.padded.push_back(stage.conv ? PaddedInput(*stage.conv) : PaddedInput());
    for (size_t s = 0; s < plan.stages.size(); ++s) memory.kept.emplace_back(stage_sizes(plan, s).kept);
  }
}

void Inference::prepare(const Weights& weights) {
  for (size_t s = 0; s < plan_.stages.size(); ++s) {
    const Stage& stage = plan_.stages[s];
    if (stage.conv)
      kernels::pack_for_forward(*stage.conv, weights.parameters.data() + stage.weight,
                                stages_[s].packed.data());
    stages_[s].norm = fold_norm(stage, weights);
  }
}

void Inference::run(const Weights& weights, int images, const LoadGroup& load, const UseLogits& use) {
  prepare(weights);
  pool_.for_each(kernels::groups_of(images), [&](int group, int thread) {
    ThreadMemory& memory = threads_[static_cast<size_t>(thread)];
    const int lanes = kernels::valid_lanes(images, group);
    load(group, lanes, thread, memory.buffers[0].data());
    use(group, lanes, forward(weights, memory));
  });
}

const float* Inference::forward(const Weights& weights, ThreadMemory& memory) const {
  float* x = memory.buffers[0].data();
  float* y = memory.buffers[1].data();
  for (size_t s = 0; s < plan_.stages.size(); ++s) {
    const Stage& stage = plan_.stages[s];
    if (stage.input_is_added) std::copy_n(x, memory.kept[s].size(), memory.kept[s].data());
    if (stage.conv) {
      const float* bias = stage.bias ? weights.parameters.data() + *stage.bias : nullptr;
      kernels::conv2d_forward(*stage.conv, memory.padded[s].view(*stage.conv, x), stages_[s].packed.data(),
                              bias, y);
      std::swap(x, y);
    }
    if (stage.is_single()) {
      const float* added =
          stage.addition() == nullptr ? nullptr : memory.kept[stage.addition()->stage].data();
      single_forward(stage, weights.parameters, x, added, y);
      std::swap(x, y);
    } else if (stage.activates_in_evaluation()) {
      kernels::activation_forward(stage.activation, x, stages_[s].norm.scale.data(),
                                  stages_[s].norm.shift.data(), nullptr, y);
      std::swap(x, y);
    }
  }
  return x;
}

}  // namespace rung::nn

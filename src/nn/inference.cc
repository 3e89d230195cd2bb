#include "nn/inference.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "base/system_limits.h"
#include "nn/memory.h"

namespace rung::nn {

Inference::Inference(const Plan& plan, ThreadPool& pool)
    : plan_(plan),
      pool_(pool),
      stages_(plan.stages.begin(), plan.stages.end()),
      threads_(static_cast<size_t>(pool.size())) {
  require_memory(inference_bytes(plan, pool.size()),
                 fmt::format("evaluating the model with {} threads", pool.size()), "use fewer threads");
  size_t largest = group_floats(plan.input);
  for (const Stage& stage : plan.stages)
    largest = std::max({largest, stage.activation.elements() * kernels::kLanes, group_floats(stage.output)});
  for (ThreadMemory& memory : threads_) {
    for (auto& buffer : memory.buffers) buffer = AlignedBuffer<float>(largest);
    for (const Stage& stage : plan.stages)
      memory.padded.push_back(stage.conv ? PaddedInput(*stage.conv) : PaddedInput());
    for (size_t s = 0; s < plan.stages.size(); ++s) memory.kept.emplace_back(stage_sizes(plan, s).kept);
  }
}

void Inference::run(const Weights& weights, int images, const LoadGroup& load, const UseLogits& use) {
  for (EvaluationStage& stage : stages_) stage.prepare(weights);
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
    if (stages_[s].is_idle()) continue;
    const float* added = stage.addition() == nullptr ? nullptr : memory.kept[stage.addition()->stage].data();
    const bool is_back = stages_[s].has_two_kernels();  // from x to y and back
    stages_[s].run(weights, x, added, memory.padded[s], y, nullptr, is_back ? x : y);
    if (!is_back) std::swap(x, y);
  }
  return x;
}

}  // namespace rung::nn

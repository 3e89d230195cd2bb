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
      units_(plan.units.begin(), plan.units.end()),
      threads_(static_cast<size_t>(pool.size())) {
  require_memory(inference_bytes(plan, pool.size()),
                 fmt::format("evaluating the model with {} threads", pool.size()), "use fewer threads");
  size_t largest = block_floats(plan.input);
  for (const Unit& unit : plan.units)
    largest = std::max({largest, unit.activation.elements() * kernels::kLanes, block_floats(unit.output)});
  for (ThreadMemory& memory : threads_) {
    for (auto& buffer : memory.buffers) buffer = AlignedBuffer<float>(largest);
    for (const Unit& unit : plan.units)
      memory.padded.push_back(unit.conv ? PaddedInput(*unit.conv) : PaddedInput());
    for (size_t s = 0; s < plan.units.size(); ++s) memory.kept.emplace_back(unit_sizes(plan, s).kept);
  }
}

void Inference::run(const Weights& weights, int images, const LoadBlock& load, const UseLogits& use) {
  prepare(weights);
  pool_.for_each(kernels::blocks_of(images), [&](int block, int thread) {
    ThreadMemory& memory = threads_[static_cast<size_t>(thread)];
    const int lanes = kernels::valid_lanes(images, block);
    load(block, lanes, thread, memory.buffers[0].data());
    use(block, lanes, forward(weights, memory));
  });
}

void Inference::prepare(const Weights& weights) {
  for (EvaluationUnit& unit : units_) unit.prepare(weights);
}

const float* Inference::block_logits(const Weights& weights, int thread, const float* images) {
  ThreadMemory& memory = threads_[static_cast<size_t>(thread)];
  std::copy_n(images, block_floats(plan_.input), memory.buffers[0].data());
  return forward(weights, memory);
}

const float* Inference::forward(const Weights& weights, ThreadMemory& memory) const {
  float* x = memory.buffers[0].data();
  float* y = memory.buffers[1].data();
  for (size_t s = 0; s < plan_.units.size(); ++s) {
    const Unit& unit = plan_.units[s];
    if (unit.input_is_added) std::copy_n(x, memory.kept[s].size(), memory.kept[s].data());
    if (units_[s].is_idle()) continue;
    const float* added = unit.addition ? memory.kept[unit.addition->unit].data() : nullptr;
    const bool is_back = units_[s].has_two_kernels();  // from x to y and back
    units_[s].run(weights, x, added, memory.padded[s], y, nullptr, is_back ? x : y);
    if (!is_back) std::swap(x, y);
  }
  return x;
}

}  // namespace rung::nn

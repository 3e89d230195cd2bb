// What a training pass is made of: its steps in their order, and its memory.
#include <algorithm>

#include "nn/training_pass.h"

namespace rung::nn {
namespace {

Cost not_counted(const Unit& /*unit*/, const UnitStorage& /*storage*/) {
  return {};
}

}  // namespace

struct TrainingPass::StepInfo {
  std::string_view name;
  BlockWork block_work;
  BatchWork batch_work;
  Cost (*cost)(const Unit& unit, const UnitStorage& storage);
};

TrainingPass::StepInfo TrainingPass::info_of(Step step) {
  using Pass = TrainingPass;
  switch (step) {
    case Step::kPackWeights:
      return {"pack weights", nullptr, &Pass::pack_weights, not_counted};
    case Step::kLoad:
      return {"load images", &Pass::load, nullptr, cost_of_loading};
    case Step::kConvolve:
      return {"convolve", &Pass::convolve, nullptr, cost_of_convolving};
    case Step::kStatistics:
      return {"statistics", nullptr, &Pass::statistics, not_counted};
    case Step::kActivate:
      return {"activate", &Pass::activate, nullptr, cost_of_activating};
    case Step::kFlatten:
      return {"flatten", &Pass::flatten, nullptr, not_counted};
    case Step::kLoss:
      return {"loss", &Pass::loss, nullptr, not_counted};
    case Step::kGradientSums:
      return {"gradient sums", &Pass::gradient_sums, nullptr, cost_of_gradient_sums};
    case Step::kNormGradient:
      return {"norm gradient", nullptr, &Pass::norm_gradient, not_counted};
    case Step::kFlattenGradient:
      return {"flatten gradient", &Pass::flatten_gradient, nullptr, not_counted};
    case Step::kSkipGradient:
      return {"skip gradient", &Pass::skip_gradient, nullptr, cost_of_skip_gradient};
    case Step::kActivationGradient:
      return {"activation gradient", &Pass::activation_gradient, nullptr, cost_of_activation_gradient};
    case Step::kWeightGradient:
      return {"weight gradient", &Pass::weight_gradient, nullptr, cost_of_convolution_gradient};
    case Step::kInputGradient:
      return {"input gradient", &Pass::input_gradient, nullptr, cost_of_convolution_gradient};
    case Step::kSumGradients:
      return {"sum gradients", nullptr, &Pass::sum_gradients, not_counted};
  }
  return {};
}

std::string_view name_of(Step step) {
  return TrainingPass::info_of(step).name;
}

Cost cost_of(const Plan& plan, Step step, size_t unit, Precision precision) {
  return TrainingPass::info_of(step).cost(plan.units[unit], storage_of(plan, unit, precision));
}

TrainingPass::TrainingPass(const Plan& plan, int largest_batch, ThreadPool& pool, Precision precision)
    : plan_(plan),
      pool_(pool),
      precision_(precision),
      max_blocks_(kernels::blocks_of(largest_batch)),
      units_(plan.units.size()) {
  allocate(pool.size());
  write_program();
}

void TrainingPass::allocate(int threads) {
  const auto blocks = static_cast<size_t>(max_blocks_);
  images_ = ActivationBuffer(blocks, block_floats(plan_.input));
  if (needs_image_pairs(plan_, precision_))
    image_pairs_ = ActivationBuffer(blocks, block_elements(plan_.units[0].input, true));
  size_t largest_output = 0;
  for (size_t s = 0; s < plan_.units.size(); ++s) {
    const Unit& unit = plan_.units[s];
    UnitMemory& memory = units_[s];
    memory.storage = storage_of(plan_, s, precision_);
    memory.sizes = unit_sizes(plan_, s, precision_);
    const UnitSizes& sizes = memory.sizes;
    const auto channels = static_cast<size_t>(unit.activation.channels);
    const size_t room = memory.storage.pairs ? (channels + 1) / 2 * 2 : channels;
    memory.convolved = ActivationBuffer(blocks, sizes.convolved);
    memory.activated = ActivationBuffer(blocks, sizes.activated);
    memory.bits = AlignedBuffer<uint16_t>(blocks * sizes.bits);
    memory.skip_gradients = ActivationBuffer(blocks, sizes.skip_gradients);
    memory.packed_forward = AlignedBuffer<float>(sizes.packed_forward);
    memory.packed_backward = AlignedBuffer<float>(sizes.packed_backward);
    memory.scale.assign(channels, unit.kept_scale());
    memory.scale.resize(room);
    memory.shift.assign(room, 0);
    if (unit.norm) {
      memory.moments.resize(blocks * channels);
      memory.gradient_sums.resize(blocks * channels * 2);
      for (auto* values : {&memory.mean, &memory.inverse_std, &memory.norm_scale, &memory.norm_shift,
                           &memory.gradient_factor, &memory.value_factor, &memory.constant})
        values->resize(room);
    }
    largest_output = std::max(largest_output, output_elements(plan_, s, precision_));
  }
  if (units_.back().storage.pairs)
    logits_ = ActivationBuffer(blocks, block_floats(plan_.units.back().output));
  for (auto& gradients : output_gradients_) gradients = ActivationBuffer(blocks, largest_output);
  block_gradients_ = AlignedBuffer<float>(blocks * plan_.parameter_count);
  block_losses_.resize(blocks);
  block_correct_.resize(blocks);
  threads_.resize(static_cast<size_t>(threads));
  for (ThreadMemory& memory : threads_) allocate_thread(memory);
}

void TrainingPass::allocate_thread(ThreadMemory& memory) {
  UnitSizes most;
  size_t most_channels = 0;
  for (size_t s = 0; s < plan_.units.size(); ++s) {
    const Unit& unit = plan_.units[s];
    const UnitSizes& sizes = units_[s].sizes;
    most.moment_sums = std::max(most.moment_sums, sizes.moment_sums);
    most_channels = std::max(most_channels, units_[s].scale.size());
    most.scratch = std::max(most.scratch, sizes.scratch);
    most.row = std::max(most.row, sizes.row);
    most.wide = std::max(most.wide, sizes.wide);
    memory.canvas.emplace_back(1, sizes.canvas_elements);
    memory.padded.push_back(unit.conv ? PaddedInput(*unit.conv, units_[s].storage.conv_pairs)
                                      : PaddedInput());
  }
  memory.scratch = AlignedBuffer<float>(most.scratch);
  memory.moment_sums = AlignedBuffer<float>(2 * most.moment_sums);
  memory.gradient_sums.resize(2 * most_channels);
  memory.row = AlignedBuffer<float>(most.row);
  for (auto& tensor : memory.wide) tensor = AlignedBuffer<float>(most.wide);
}

TrainingPass::Task TrainingPass::task(Step step, size_t unit) {
  const StepInfo info = info_of(step);
  clocks_.push_back({step, unit});
  return {unit, clocks_.size() - 1, info.block_work, info.batch_work};
}

void TrainingPass::write_program() {
  program_.emplace_back();
  const auto block = [this](Step step, size_t unit) {
    program_.back().block_tasks.push_back(task(step, unit));
  };
  const auto batch = [this](Step step, size_t unit) {
    program_.back().batch_task = task(step, unit);
    program_.emplace_back();
  };
  const size_t units = plan_.units.size();
  batch(Step::kPackWeights, 0);
  block(Step::kLoad, 0);
  for (size_t s = 0; s < units; ++s) {
    if (plan_.units[s].conv || plan_.units[s].norm) block(Step::kConvolve, s);
    if (plan_.units[s].norm) batch(Step::kStatistics, s);
    if (plan_.units[s].activates()) block(Step::kActivate, s);
    if (units_[s].storage.pairs && flattens(plan_.units[s])) block(Step::kFlatten, s);
  }
  block(Step::kLoss, units - 1);
  for (size_t s = units; s-- > 0;) {
    if (s + 1 < units && plan_.units[s + 1].input_is_added) block(Step::kSkipGradient, s);
    if (units_[s].storage.pairs && flattens(plan_.units[s])) block(Step::kFlattenGradient, s);
    if (plan_.units[s].norm) {
      block(Step::kGradientSums, s);
      batch(Step::kNormGradient, s);
    }
    if (plan_.units[s].conv || plan_.units[s].runner || s > 0) block(Step::kActivationGradient, s);
    if (plan_.units[s].conv) block(Step::kWeightGradient, s);
    if (plan_.units[s].conv && s > 0) block(Step::kInputGradient, s);
  }
  batch(Step::kSumGradients, 0);
  program_.pop_back();
}

}  // namespace rung::nn

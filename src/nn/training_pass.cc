#include "nn/training_pass.h"

#include <algorithm>
#include <cassert>
#include <chrono>

#include "kernels/dropout.h"
#include "kernels/elementwise.h"
#include "kernels/loss.h"
#include "nn/memory.h"
#include "nn/single.h"

namespace rung::nn {
namespace {

using kernels::kLanes;

size_t plane_of(const Stage& stage) {
  return static_cast<size_t>(stage.activation.height) * static_cast<size_t>(stage.activation.width);
}

// What the mean over the batch divides by: without class weights, the number of images.
double weight_sum(const Batch& batch) {
  if (batch.class_weights.empty()) return batch.images;
  double sum = 0;
  for (const uint8_t label : batch.labels) sum += batch.class_weights[label];
  return sum;
}

// Floats of each of the two kinds of sums.
size_t moment_sums_of(const Stage& stage) {
  if (!stage.norm) return 0;
  return kernels::group_floats(stage.activation.channels, 1,
                               kernels::moment_bands(stage.activation.height, stage.activation.width));
}

Cost not_counted(const Stage& /*stage*/) {
  return {};
}

}  // namespace

struct TrainingPass::StepInfo {
  std::string_view name;
  GroupWork group_work;
  BatchWork batch_work;
  Cost (*cost)(const Stage& stage);
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
    case Step::kLoss:
      return {"loss", &Pass::loss, nullptr, not_counted};
    case Step::kGradientSums:
      return {"gradient sums", &Pass::gradient_sums, nullptr, cost_of_gradient_sums};
    case Step::kNormGradient:
      return {"norm gradient", nullptr, &Pass::norm_gradient, not_counted};
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

Cost cost_of(const Plan& plan, Step step, size_t stage) {
  return TrainingPass::info_of(step).cost(plan.stages[stage]);
}

TrainingPass::TrainingPass(const Plan& plan, int largest_batch, ThreadPool& pool)
    : plan_(plan), pool_(pool), max_groups_(kernels::groups_of(largest_batch)), stages_(plan.stages.size()) {
  allocate(pool.size());
  write_program();
}

void TrainingPass::allocate(int threads) {
  const auto groups = static_cast<size_t>(max_groups_);
  images_ = AlignedBuffer<float>(groups * group_floats(plan_.input));
  for (size_t s = 0; s < plan_.stages.size(); ++s) {
    const Stage& stage = plan_.stages[s];
    StageMemory& memory = stages_[s];
    const auto channels = static_cast<size_t>(stage.activation.channels);
    const StageSizes sizes = stage_sizes(plan_, s);
    memory.convolved = AlignedBuffer<float>(groups * sizes.convolved);
    memory.activated = AlignedBuffer<float>(groups * sizes.activated);
    memory.bits = AlignedBuffer<uint16_t>(groups * sizes.bits);
    memory.skip_gradients = AlignedBuffer<float>(groups * sizes.skip_gradients);
    memory.packed_forward = AlignedBuffer<float>(sizes.packed_forward);
    memory.packed_backward = AlignedBuffer<float>(sizes.packed_backward);
    memory.canvas = sizes.canvas;
    memory.scale.assign(channels, stage.kept_scale());
    memory.shift.assign(channels, 0);
    if (stage.norm) {
      memory.moments.resize(groups * channels);
      memory.gradient_sums.resize(groups * channels * 2);
      for (auto* values : {&memory.mean, &memory.inverse_std, &memory.norm_scale, &memory.norm_shift,
                           &memory.gradient_factor, &memory.value_factor, &memory.constant})
        values->resize(channels);
    }
    largest_output_ = std::max(largest_output_, group_floats(stage.output));
  }
  for (auto& gradients : output_gradients_) gradients = AlignedBuffer<float>(groups * largest_output_);
  group_gradients_ = AlignedBuffer<float>(groups * plan_.parameter_count);
  group_losses_.resize(groups);
  group_correct_.resize(groups);
  threads_.resize(static_cast<size_t>(threads));
  for (ThreadMemory& memory : threads_) allocate_thread(memory);
}

void TrainingPass::allocate_thread(ThreadMemory& memory) {
  size_t most_weights = 0;
  size_t most_sums = 0;
  for (size_t s = 0; s < plan_.stages.size(); ++s) {
    const Stage& stage = plan_.stages[s];
    const StageSizes sizes = stage_sizes(plan_, s);
    most_sums = std::max(most_sums, moment_sums_of(stage));
    most_weights = std::max(most_weights, sizes.packed_forward);
    memory.canvas.emplace_back(sizes.canvas_floats);
    memory.padded.push_back(stage.conv ? PaddedInput(*stage.conv) : PaddedInput());
  }
  memory.scratch = AlignedBuffer<float>(most_weights * kLanes);
  memory.moment_sums = AlignedBuffer<float>(2 * most_sums);
}

TrainingPass::Task TrainingPass::task(Step step, size_t stage) {
  const StepInfo info = info_of(step);
  clocks_.push_back({step, stage});
  return {stage, clocks_.size() - 1, info.group_work, info.batch_work};
}

void TrainingPass::write_program() {
  program_.emplace_back();
  const auto group = [this](Step step, size_t stage) {
    program_.back().group_tasks.push_back(task(step, stage));
  };
  const auto batch = [this](Step step, size_t stage) {
    program_.back().batch_task = task(step, stage);
    program_.emplace_back();
  };
  const size_t stages = plan_.stages.size();
  batch(Step::kPackWeights, 0);
  group(Step::kLoad, 0);
  for (size_t s = 0; s < stages; ++s) {
    if (plan_.stages[s].conv || plan_.stages[s].norm) group(Step::kConvolve, s);
    if (plan_.stages[s].norm) batch(Step::kStatistics, s);
    if (plan_.stages[s].activates()) group(Step::kActivate, s);
  }
  group(Step::kLoss, stages - 1);
  for (size_t s = stages; s-- > 0;) {
    if (s + 1 < stages && plan_.stages[s + 1].input_is_added) group(Step::kSkipGradient, s);
    if (plan_.stages[s].norm) {
      group(Step::kGradientSums, s);
      batch(Step::kNormGradient, s);
    }
    if (plan_.stages[s].conv || plan_.stages[s].is_single() || s > 0) group(Step::kActivationGradient, s);
    if (plan_.stages[s].conv) group(Step::kWeightGradient, s);
    if (plan_.stages[s].conv && s > 0) group(Step::kInputGradient, s);
  }
  batch(Step::kSumGradients, 0);
  program_.pop_back();
}

BatchResult TrainingPass::run(const Batch& batch, Weights& weights, std::span<float> gradient) {
  batch_ = &batch;
  weights_ = &weights;
  gradient_ = gradient;
  weight_sum_ = weight_sum(batch);
  for (const Phase& phase : program_) {
    if (!phase.group_tasks.empty()) {
      pool_.for_each(groups(), [&](int group, int thread) {
        for (const Task& task : phase.group_tasks)
          timed(task.clock, thread, 1, [&] { (this->*task.group_work)(task.stage, group, thread); });
      });
    }
    if (phase.batch_task)
      timed(phase.batch_task->clock, 0, pool_.size(),
            [&] { (this->*phase.batch_task->batch_work)(phase.batch_task->stage); });
  }
  BatchResult result;
  for (size_t group = 0; group < static_cast<size_t>(groups()); ++group) {
    result.loss += weight_sum_ > 0 ? group_losses_[group] / weight_sum_ : 0;
    result.correct += group_correct_[group];
  }
  return result;
}

void TrainingPass::start_profile() {
  profiling_ = true;
  for (ThreadMemory& memory : threads_) memory.seconds.assign(clocks_.size(), 0);
}

std::vector<StepTime> TrainingPass::profile() const {
  std::vector<StepTime> times = clocks_;
  for (const ThreadMemory& memory : threads_) {
    for (size_t clock = 0; clock < memory.seconds.size(); ++clock)
      times[clock].seconds += memory.seconds[clock];
  }
  return times;
}

template <typename Work>
void TrainingPass::timed(size_t clock, int thread, int threads, Work work) {
  using Clock = std::chrono::steady_clock;
  if (!profiling_) return work();
  const auto start = Clock::now();
  work();
  threads_[static_cast<size_t>(thread)].seconds[clock] +=
      threads * std::chrono::duration<double>(Clock::now() - start).count();
}

void TrainingPass::pack_weights(size_t /*stage*/) {
  pool_.for_each(static_cast<int>(plan_.stages.size()), [this](int index, int /*thread*/) {
    const auto s = static_cast<size_t>(index);
    const Stage& stage = plan_.stages[s];
    if (!stage.conv) return;
    const float* weights = weights_->parameters.data() + stage.weight;
    kernels::pack_for_forward(*stage.conv, weights, stages_[s].packed_forward.data());
    if (s > 0) kernels::pack_for_input_gradient(*stage.conv, weights, stages_[s].packed_backward.data());
  });
}

// In the order of the groups, whatever the number of threads, which share the parameters.
void TrainingPass::sum_gradients(size_t /*stage*/) {
  const auto shares = static_cast<size_t>(pool_.size());
  pool_.for_each(pool_.size(), [&](int share, int /*thread*/) {
    const size_t begin = gradient_.size() * static_cast<size_t>(share) / shares;
    const size_t end = gradient_.size() * static_cast<size_t>(share + 1) / shares;
    std::copy(group_gradients_.data() + begin, group_gradients_.data() + end, gradient_.data() + begin);
    for (int group = 1; group < groups(); ++group) {
      const float* more = group_gradient(group);
      for (size_t i = begin; i < end; ++i) gradient_[i] += more[i];
    }
  });
}

// Steps of one group.

void TrainingPass::load(size_t /*stage*/, int group, int thread) {
  batch_->load(group, lanes(group), thread,
               images_.data() + static_cast<size_t>(group) * group_floats(plan_.input));
}

void TrainingPass::convolve(size_t s, int group, int thread) {
  const Stage& stage = plan_.stages[s];
  StageMemory& memory = stages_[s];
  ThreadMemory& mine = threads_[static_cast<size_t>(thread)];
  const auto channels = static_cast<size_t>(stage.activation.channels);
  const kernels::MomentSums sums{mine.moment_sums.data(), mine.moment_sums.data() + moment_sums_of(stage)};
  if (stage.conv) {
    const auto x = mine.padded[s].view(*stage.conv, input(s, group));
    const float* bias = stage.bias ? weights_->parameters.data() + *stage.bias : nullptr;
    float* y = memory.convolved.data() + static_cast<size_t>(group) * stage.activation.elements() * kLanes;
    kernels::conv2d_forward(*stage.conv, x, memory.packed_forward.data(), bias, y,
                            stage.norm ? &sums : nullptr);
  } else if (stage.norm) {
    kernels::moment_sums(input(s, group), stage.activation.channels, stage.activation.height,
                         stage.activation.width, sums);
  }
  if (stage.norm) {
    kernels::group_moments(
        sums, convolved(s, group), stage.activation.height, stage.activation.width, lanes(group),
        std::span(memory.moments).subspan(static_cast<size_t>(group) * channels, channels));
  }
}

void TrainingPass::activate(size_t s, int group, int /*thread*/) {
  const Stage& stage = plan_.stages[s];
  StageMemory& memory = stages_[s];
  float* y = memory.activated.data() + static_cast<size_t>(group) * group_floats(stage.output);
  if (stage.is_single()) {
    const float* added = stage.addition() == nullptr ? nullptr : input(stage.addition()->stage, group);
    return single_forward(stage, weights_->parameters, input(s, group), added, y);
  }
  if (stage.dropout > 0) {
    const kernels::DropoutStream stream{
        .key = philox_key(batch_->seed),
        .group = batch_->first_group + static_cast<uint32_t>(group),
        .epoch = batch_->epoch,
        .purpose = purpose_word(RandomPurpose::kDropout, stage.dropout_layer)};
    const uint16_t threshold = kernels::dropout_threshold(stage.dropout);
    if (stage.drops_channels) {
      kernels::channel_dropout_bits(stream, threshold, static_cast<size_t>(stage.activation.channels),
                                    plane_of(stage), bits(s, group));
    } else {
      kernels::dropout_bits(stream, threshold, stage.activation.elements(), bits(s, group));
    }
  } else if (stage.has_bits()) {
    std::fill_n(bits(s, group), stage.activation.elements(), uint16_t{0xFFFF});
  }
  kernels::activation_forward(stage.activation, convolved(s, group), memory.scale.data(), memory.shift.data(),
                              bits(s, group), y);
}

void TrainingPass::loss(size_t s, int group, int /*thread*/) {
  const auto first = static_cast<size_t>(group) * kLanes;
  const kernels::LossOptions options{
      .scale = weight_sum_ > 0 ? 1.0F / static_cast<float>(weight_sum_) : 0,
      .label_smoothing = batch_->label_smoothing,
      .class_weights = batch_->class_weights.empty() ? nullptr : batch_->class_weights.data()};
  const auto result = kernels::cross_entropy(output(s, group), plan_.classes, batch_->labels.data() + first,
                                             lanes(group), options, nullptr, output_gradient(s, group));
  group_losses_[static_cast<size_t>(group)] = result.loss;
  group_correct_[static_cast<size_t>(group)] = result.correct;
}

void TrainingPass::gradient_sums(size_t s, int group, int /*thread*/) {
  const Stage& stage = plan_.stages[s];
  StageMemory& memory = stages_[s];
  const auto channels = static_cast<size_t>(stage.activation.channels);
  kernels::activation_backward_sums(stage.activation, output_gradient(s, group), bits(s, group),
                                    stage.kept_scale(), convolved(s, group), memory.mean.data(),
                                    memory.gradient_sums.data() + static_cast<size_t>(group) * channels * 2);
}

void TrainingPass::activation_gradient(size_t s, int group, int thread) {
  const Stage& stage = plan_.stages[s];
  if (stage.is_single()) return single_gradient(s, group);
  StageMemory& memory = stages_[s];
  const kernels::NormGradient norm{memory.gradient_factor.data(), memory.value_factor.data(),
                                   memory.mean.data(), memory.constant.data()};
  kernels::activation_backward(stage.activation, output_gradient(s, group), bits(s, group),
                               stage.kept_scale(), convolved(s, group), stage.norm ? &norm : nullptr,
                               lanes(group), convolved_gradient(s, group, thread));
}

void TrainingPass::single_gradient(size_t s, int group) {
  const Stage& stage = plan_.stages[s];
  const float* dy = output_gradient(s, group);
  if (const Stage::Addition* addition = stage.addition(); addition != nullptr && addition->stage > 0) {
    float* skip = skip_gradients(addition->stage, group);
    const size_t floats = group_floats(stage.output);
    if (addition->last) {
      std::copy_n(dy, floats, skip);
    } else {
      kernels::add(floats, skip, dy, skip);
    }
  }
  single_backward(stage, weights_->parameters, dy, input(s, group),
                  s > 0 ? output_gradient(s - 1, group) : nullptr, group_gradient(group));
}

void TrainingPass::skip_gradient(size_t s, int group, int /*thread*/) {
  float* gradient = output_gradient(s, group);
  kernels::add(group_floats(plan_.stages[s].output), gradient, skip_gradients(s + 1, group), gradient);
}

void TrainingPass::weight_gradient(size_t s, int group, int thread) {
  const Stage& stage = plan_.stages[s];
  ThreadMemory& mine = threads_[static_cast<size_t>(thread)];
  const auto x = mine.padded[s].view(*stage.conv, input(s, group));
  const auto dz = convolved_gradient(s, group, thread);
  float* gradient = group_gradient(group);
  kernels::conv2d_weight_gradient(*stage.conv, x, {dz.data, dz.channel, dz.row, dz.column},
                                  mine.scratch.data(), gradient + stage.weight,
                                  stage.bias ? gradient + *stage.bias : nullptr);
}

void TrainingPass::input_gradient(size_t s, int group, int thread) {
  kernels::conv2d_input_gradient(*plan_.stages[s].conv,
                                 threads_[static_cast<size_t>(thread)].canvas[s].data(),
                                 stages_[s].packed_backward.data(), output_gradient(s - 1, group));
}

// Steps of the whole batch.

void TrainingPass::statistics(size_t s) {
  const Stage& stage = plan_.stages[s];
  StageMemory& memory = stages_[s];
  const auto channels = static_cast<size_t>(stage.activation.channels);
  const auto buffers = std::span(weights_->buffers);
  kernels::batch_norm_statistics(norm_params(s),
                                 std::span(memory.moments).first(static_cast<size_t>(groups()) * channels),
                                 norm_batch(s), buffers.subspan(stage.norm->running_mean, channels),
                                 buffers.subspan(stage.norm->running_var, channels));
  for (size_t c = 0; c < channels; ++c) {
    memory.scale[c] = memory.norm_scale[c] * stage.kept_scale();
    memory.shift[c] = memory.norm_shift[c] * stage.kept_scale();
  }
}

void TrainingPass::norm_gradient(size_t s) {
  const Stage& stage = plan_.stages[s];
  StageMemory& memory = stages_[s];
  const auto channels = static_cast<size_t>(stage.activation.channels);
  // Unlike the other gradients this is not a sum over groups; it counts as the first group's share.
  const auto gradient = std::span(group_gradient(0), plan_.parameter_count);
  kernels::batch_norm_gradient(
      norm_params(s), norm_batch(s),
      std::span(memory.gradient_sums).first(static_cast<size_t>(groups()) * channels * 2),
      static_cast<int64_t>(plane_of(stage)) * batch_->images,
      {.dweight = gradient.subspan(stage.norm->weight, channels),
       .dbias = gradient.subspan(stage.norm->bias, channels),
       .gradient = memory.gradient_factor,
       .value = memory.value_factor,
       .constant = memory.constant});
}

// Where things lie.

// The gradient of the convolution's output, inside its canvas; without a convolution, of the previous stage's
// output.
kernels::View<float> TrainingPass::convolved_gradient(size_t s, int group, int thread) {
  const Stage& stage = plan_.stages[s];
  const kernels::Canvas& canvas = stages_[s].canvas;
  if (!stage.conv) return kernels::dense_view(output_gradient(s - 1, group), canvas.height, canvas.width);
  auto view = kernels::dense_view(threads_[static_cast<size_t>(thread)].canvas[s].data(), canvas.height,
                                  canvas.width);
  view.data = view.at(0, canvas.top, canvas.left);
  if (s == 0) return view;  // dense: nothing reads zeros in between
  view.row *= static_cast<size_t>(stage.conv->stride_h);
  view.column *= static_cast<size_t>(stage.conv->stride_w);
  return view;
}

const float* TrainingPass::input(size_t stage, int group) const {
  if (stage == 0) return images_.data() + static_cast<size_t>(group) * group_floats(plan_.input);
  return output(stage - 1, group);
}

const float* TrainingPass::convolved(size_t s, int group) const {
  const Stage& stage = plan_.stages[s];
  if (!stage.conv) return input(s, group);
  return stages_[s].convolved.data() + static_cast<size_t>(group) * stage.activation.elements() * kLanes;
}

const float* TrainingPass::output(size_t s, int group) const {
  const Stage& stage = plan_.stages[s];
  if (!stage.activates()) return convolved(s, group);
  return stages_[s].activated.data() + static_cast<size_t>(group) * group_floats(stage.output);
}

uint16_t* TrainingPass::bits(size_t s, int group) {
  const Stage& stage = plan_.stages[s];
  if (!stage.has_bits()) return nullptr;
  return stages_[s].bits.data() + static_cast<size_t>(group) * stage.activation.elements();
}

float* TrainingPass::output_gradient(size_t stage, int group) {
  return output_gradients_[stage % 2].data() + static_cast<size_t>(group) * largest_output_;
}

float* TrainingPass::skip_gradients(size_t s, int group) {
  return stages_[s].skip_gradients.data() + static_cast<size_t>(group) * group_floats(plan_.stages[s].input);
}

kernels::BatchNormParams TrainingPass::norm_params(size_t s) const {
  const Stage& stage = plan_.stages[s];
  const auto channels = static_cast<size_t>(stage.activation.channels);
  const auto parameters = std::span<const float>(weights_->parameters);
  return {parameters.subspan(stage.norm->weight, channels), parameters.subspan(stage.norm->bias, channels),
          stage.norm->eps, stage.norm->momentum};
}

kernels::BatchNormBatch TrainingPass::norm_batch(size_t s) {
  StageMemory& memory = stages_[s];
  return {memory.mean, memory.inverse_std, memory.norm_scale, memory.norm_shift};
}

}  // namespace rung::nn

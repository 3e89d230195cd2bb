#include "nn/training_pass.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <type_traits>

#include "base/denormals.h"
#include "kernels/dropout.h"
#include "kernels/elementwise.h"

namespace rung::nn {
namespace {

using kernels::Bf16Pair;
using kernels::kLanes;

// What the mean over the batch divides by: without weights, or with two labels, the number of images.
double weight_sum(const Batch& batch) {
  const bool weighs_classes = !batch.class_weights.empty();
  const bool weighs_images = !batch.image_weights.empty();
  if (!batch.other_labels.empty() || (!weighs_classes && !weighs_images)) return batch.images;
  double sum = 0;
  for (size_t image = 0; image < batch.labels.size(); ++image) {
    const double of_class = weighs_classes ? batch.class_weights[batch.labels[image]] : 1;
    sum += of_class * (weighs_images ? batch.image_weights[image] : 1);
  }
  return sum;
}

}  // namespace

BatchResult TrainingPass::run(const Batch& batch, Weights& weights, std::span<float> gradient) {
  batch_ = &batch;
  weights_ = &weights;
  gradient_ = gradient;
  weight_sum_ = weight_sum(batch);
  for (const Phase& phase : program_) {
    if (!phase.block_tasks.empty()) {
      pool_.for_each(blocks(), [&](int block, int thread) {
        std::optional<FlushDenormals> flush;  // bf16.h says why
        if (precision_ == Precision::kBf16) flush.emplace();
        for (const Task& task : phase.block_tasks)
          timed(task.clock, thread, 1, [&] { (this->*task.block_work)(task.unit, block, thread); });
      });
    }
    if (phase.batch_task)
      timed(phase.batch_task->clock, 0, pool_.size(),
            [&] { (this->*phase.batch_task->batch_work)(phase.batch_task->unit); });
  }
  BatchResult result;
  for (size_t block = 0; block < static_cast<size_t>(blocks()); ++block) {
    result.loss += weight_sum_ > 0 ? block_losses_[block] / weight_sum_ : 0;
    result.correct += block_correct_[block];
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

void TrainingPass::pack_weights(size_t /*unit*/) {
  pool_.for_each(static_cast<int>(plan_.units.size()), [this](int index, int /*thread*/) {
    const auto s = static_cast<size_t>(index);
    const Unit& unit = plan_.units[s];
    if (!unit.conv) return;
    const float* weights = weights_->parameters.data() + unit.weight;
    const bool pairs = units_[s].storage.conv_pairs;
    const auto pack_forward = pairs ? kernels::pack_pairs_for_forward : kernels::pack_for_forward;
    const auto pack_backward =
        pairs ? kernels::pack_pairs_for_input_gradient : kernels::pack_for_input_gradient;
    pack_forward(*unit.conv, weights, units_[s].packed_forward.data());
    if (s > 0) pack_backward(*unit.conv, weights, units_[s].packed_backward.data());
  });
}

// In the order of the blocks, whatever the number of threads, which share the parameters.
void TrainingPass::sum_gradients(size_t /*unit*/) {
  const auto shares = static_cast<size_t>(pool_.size());
  pool_.for_each(pool_.size(), [&](int share, int /*thread*/) {
    const size_t begin = gradient_.size() * static_cast<size_t>(share) / shares;
    const size_t end = gradient_.size() * static_cast<size_t>(share + 1) / shares;
    std::copy(block_gradients_.data() + begin, block_gradients_.data() + end, gradient_.data() + begin);
    for (int block = 1; block < blocks(); ++block) {
      const float* more = block_gradient(block);
      for (size_t i = begin; i < end; ++i) gradient_[i] += more[i];
    }
  });
}

// Steps of one block.

void TrainingPass::load(size_t /*unit*/, int block, int thread) {
  float* images = images_.block<float>(block);
  batch_->load(block, lanes(block), thread, images);
  if (image_pairs_.empty()) return;
  const Shape& shape = plan_.units[0].input;
  to_pairs(shape, images, image_pairs_.block<Bf16Pair>(block));
}

void TrainingPass::convolve(size_t s, int block, int thread) {
  const Unit& unit = plan_.units[s];
  UnitMemory& memory = units_[s];
  ThreadMemory& mine = threads_[static_cast<size_t>(thread)];
  const auto channels = static_cast<size_t>(unit.activation.channels);
  const kernels::ActivationShape& shape = unit.activation;
  const kernels::MomentSums sums{mine.moment_sums.data(), mine.moment_sums.data() + memory.sizes.moment_sums};
  const float* weights = memory.packed_forward.data();
  const float* bias = unit.bias ? weights_->parameters.data() + *unit.bias : nullptr;
  const kernels::ConvEpilogue epilogue{
      .relu = shape.rectified, .moments = unit.norm ? &sums : nullptr, .row = mine.row.data()};
  with_element(memory.storage.pairs, [&]<typename Element>() {
    auto* y = memory.convolved.block<Element>(block);
    if (memory.storage.conv_pairs) {
      if constexpr (std::is_same_v<Element, Bf16Pair>)
        kernels::conv2d_forward(*unit.conv, conv_input<Bf16Pair>(s, block, thread), weights, bias, y,
                                epilogue);
    } else if (unit.conv) {
      kernels::conv2d_forward(*unit.conv, conv_input<float>(s, block, thread), weights, bias, y, epilogue);
    } else if (unit.norm) {
      kernels::moment_sums(input<Element>(s, block), shape.channels, shape.height, shape.width, sums);
    }
    if (unit.norm) {
      kernels::block_moments(
          sums, convolved<Element>(s, block), shape.height, shape.width, lanes(block),
          std::span(memory.moments).subspan(static_cast<size_t>(block) * channels, channels));
    }
  });
}

void TrainingPass::activate(size_t s, int block, int thread) {
  const Unit& unit = plan_.units[s];
  UnitMemory& memory = units_[s];
  if (unit.runner) return run_alone(s, block, thread);
  if (unit.dropout > 0) {
    const kernels::DropoutStream stream{.key = philox_key(batch_->seed),
                                        .block = batch_->first_block + static_cast<uint32_t>(block),
                                        .epoch = batch_->epoch,
                                        .purpose = purpose_word(RandomPurpose::kDropout, unit.dropout_layer)};
    const uint16_t threshold = kernels::dropout_threshold(unit.dropout);
    if (unit.drops_channels) {
      kernels::channel_dropout_bits(stream, threshold, static_cast<size_t>(unit.activation.channels),
                                    unit.activation.plane(), bits(s, block));
    } else {
      kernels::dropout_bits(stream, threshold, unit.activation.elements(), bits(s, block));
    }
  } else if (unit.has_bits()) {
    std::fill_n(bits(s, block), unit.activation.elements(), uint16_t{0xFFFF});
  }
  with_element(memory.storage.pairs, [&]<typename Element>() {
    kernels::activation_forward(unit.activation, activation_input<Element>(s, block), bits(s, block),
                                memory.activated.block<Element>(block));
  });
}

void TrainingPass::run_alone(size_t s, int block, int thread) {
  const Unit& unit = plan_.units[s];
  const float* x = wide_input(s, block, thread);
  if (!units_[s].storage.pairs)
    return unit.runner->forward(weights_->parameters, x, units_[s].activated.block<float>(block));
  float* y = wide(thread, 1);
  unit.runner->forward(weights_->parameters, x, y);
  to_pairs(unit.output, y, units_[s].activated.block<Bf16Pair>(block));
}

void TrainingPass::run_alone_backward(size_t s, int block, int thread) {
  const Unit& unit = plan_.units[s];
  const float* x = wide_input(s, block, thread);
  if (!units_[s].storage.pairs)
    return unit.runner->backward(weights_->parameters, output_gradient<float>(s, block), x,
                                 s > 0 ? output_gradient<float>(s - 1, block) : nullptr,
                                 block_gradient(block));
  float* dy = wide(thread, 1);
  float* dx = s > 0 ? wide(thread, 2) : nullptr;
  to_floats(unit.output, output_gradient<Bf16Pair>(s, block), dy);
  unit.runner->backward(weights_->parameters, dy, x, dx, block_gradient(block));
  if (dx != nullptr) to_pairs(unit.input, dx, output_gradient<Bf16Pair>(s - 1, block));
}

void TrainingPass::flatten(size_t s, int block, int thread) {
  const Unit& unit = plan_.units[s];
  ActivationBuffer& output = unit.activates() ? units_[s].activated : units_[s].convolved;
  reshape(computed_output(unit), unit.output, thread, output.block<Bf16Pair>(block));
}

void TrainingPass::flatten_gradient(size_t s, int block, int thread) {
  const Unit& unit = plan_.units[s];
  reshape(unit.output, computed_output(unit), thread, output_gradient<Bf16Pair>(s, block));
}

void TrainingPass::reshape(const Shape& from, const Shape& to, int thread, Bf16Pair* pairs) {
  to_floats(from, pairs, wide(thread, 0));
  to_pairs(to, wide(thread, 0), pairs);
}

std::optional<kernels::Distillation> TrainingPass::taught(int block, int thread) {
  const Lesson* lesson = batch_->lesson;
  if (lesson == nullptr) return std::nullopt;
  AlignedBuffer<float>& probabilities = threads_[static_cast<size_t>(thread)].probabilities;
  if (probabilities.size() == 0) probabilities = AlignedBuffer<float>(block_floats({plan_.classes, 1, 1}));
  lesson->teach(thread, images_.block<float>(block), probabilities.data());
  return kernels::Distillation{probabilities.data(), lesson->temperature, lesson->weight};
}

void TrainingPass::loss(size_t s, int block, int thread) {
  const auto first = static_cast<size_t>(block) * kLanes;
  // (The last block's missing images have no weights.)
  alignas(64) std::array<float, kLanes> image_weights{};
  if (!batch_->image_weights.empty())
    std::ranges::copy(batch_->image_weights.subspan(first, static_cast<size_t>(lanes(block))),
                      image_weights.begin());
  const kernels::LossOptions options{
      .scale = weight_sum_ > 0 ? 1.0F / static_cast<float>(weight_sum_) : 0,
      .label_smoothing = batch_->label_smoothing,
      .class_weights = batch_->class_weights.empty() ? nullptr : batch_->class_weights.data(),
      .image_weights = batch_->image_weights.empty() ? nullptr : image_weights.data(),
      .other_labels = batch_->other_labels.empty() ? nullptr : batch_->other_labels.data() + first,
      .label_share = batch_->label_share,
      .distillation = taught(block, thread)};
  const bool pairs = units_[s].storage.pairs;
  if (pairs) to_floats({plan_.classes, 1, 1}, output<Bf16Pair>(s, block), logits_.block<float>(block));
  float* gradient = pairs ? wide(thread, 0) : output_gradient<float>(s, block);
  const auto result = kernels::cross_entropy(logits(block), plan_.classes, batch_->labels.data() + first,
                                             lanes(block), options, nullptr, gradient);
  if (pairs) to_pairs({plan_.classes, 1, 1}, gradient, output_gradient<Bf16Pair>(s, block));
  block_losses_[static_cast<size_t>(block)] = result.loss;
  block_correct_[static_cast<size_t>(block)] = result.correct;
}

void TrainingPass::gradient_sums(size_t s, int block, int thread) {
  const Unit& unit = plan_.units[s];
  UnitMemory& memory = units_[s];
  const auto values = 2 * static_cast<size_t>(unit.activation.channels);
  std::vector<float>& sums = threads_[static_cast<size_t>(thread)].gradient_sums;
  with_element(memory.storage.pairs, [&]<typename Element>() {
    kernels::activation_backward_sums(unit.activation, activation_input<Element>(s, block),
                                      activation_gradient_of<Element>(s, block), memory.mean.data(),
                                      sums.data());
  });
  std::copy_n(sums.data(), values, memory.gradient_sums.data() + static_cast<size_t>(block) * values);
}

void TrainingPass::activation_gradient(size_t s, int block, int thread) {
  const Unit& unit = plan_.units[s];
  if (unit.runner) return run_alone_backward(s, block, thread);
  UnitMemory& memory = units_[s];
  const kernels::NormGradient norm{memory.gradient_factor.data(), memory.value_factor.data(),
                                   memory.mean.data(), memory.constant.data()};
  const bool dx_pairs = memory.storage.conv_pairs || (memory.storage.pairs && !unit.conv);
  with_element(memory.storage.pairs, [&]<typename Element>() {
    const auto write = [&](auto dx) {
      kernels::activation_backward(unit.activation, activation_input<Element>(s, block),
                                   activation_gradient_of<Element>(s, block), unit.norm ? &norm : nullptr,
                                   lanes(block), dx);
    };
    if constexpr (std::is_same_v<Element, Bf16Pair>) {
      if (dx_pairs) return write(convolved_gradient<Bf16Pair>(s, block, thread));
    }
    write(convolved_gradient<float>(s, block, thread));
  });
}

void TrainingPass::skip_gradient(size_t s, int block, int /*thread*/) {
  const bool pairs = units_[s].storage.pairs;
  with_element(pairs, [&]<typename Element>() {
    auto* gradient = output_gradient<Element>(s, block);
    kernels::add(block_elements(plan_.units[s].output, pairs), gradient,
                 skip_gradients<Element>(s + 1, block), gradient);
  });
}

void TrainingPass::weight_gradient(size_t s, int block, int thread) {
  const Unit& unit = plan_.units[s];
  ThreadMemory& mine = threads_[static_cast<size_t>(thread)];
  float* gradient = block_gradient(block);
  with_element(units_[s].storage.conv_pairs, [&]<typename Element>() {
    const auto dz = convolved_gradient<Element>(s, block, thread);
    kernels::conv2d_weight_gradient(*unit.conv, conv_input<Element>(s, block, thread),
                                    {dz.data, dz.channel, dz.row, dz.column}, mine.scratch.data(),
                                    gradient + unit.weight, unit.bias ? gradient + *unit.bias : nullptr);
  });
}

void TrainingPass::input_gradient(size_t s, int block, int thread) {
  const Unit& unit = plan_.units[s];
  ThreadMemory& mine = threads_[static_cast<size_t>(thread)];
  const float* weights = units_[s].packed_backward.data();
  if (units_[s].storage.conv_pairs)
    return kernels::conv2d_input_gradient(*unit.conv, mine.canvas[s].block<Bf16Pair>(), weights,
                                          mine.row.data(), output_gradient<Bf16Pair>(s - 1, block));
  const bool pairs = units_[s - 1].storage.pairs;
  float* dx = pairs ? wide(thread, 0) : output_gradient<float>(s - 1, block);
  kernels::conv2d_input_gradient(*unit.conv, mine.canvas[s].block<float>(), weights, dx);
  if (pairs) to_pairs(unit.input, dx, output_gradient<Bf16Pair>(s - 1, block));
}

// Steps of the whole batch.

void TrainingPass::statistics(size_t s) {
  const Unit& unit = plan_.units[s];
  UnitMemory& memory = units_[s];
  const auto channels = static_cast<size_t>(unit.activation.channels);
  const auto buffers = std::span(weights_->buffers);
  kernels::batch_norm_statistics(norm_params(s),
                                 std::span(memory.moments).first(static_cast<size_t>(blocks()) * channels),
                                 norm_batch(s), buffers.subspan(unit.norm->running_mean, channels),
                                 buffers.subspan(unit.norm->running_var, channels));
  for (size_t c = 0; c < channels; ++c) {
    memory.scale[c] = memory.norm_scale[c] * unit.kept_scale();
    memory.shift[c] = memory.norm_shift[c] * unit.kept_scale();
  }
}

void TrainingPass::norm_gradient(size_t s) {
  const Unit& unit = plan_.units[s];
  UnitMemory& memory = units_[s];
  const auto channels = static_cast<size_t>(unit.activation.channels);
  // Unlike the other gradients this is not a sum over blocks; it counts as the first block's share.
  const auto gradient = std::span(block_gradient(0), plan_.parameter_count);
  kernels::batch_norm_gradient(
      norm_params(s), norm_batch(s),
      std::span(memory.gradient_sums).first(static_cast<size_t>(blocks()) * channels * 2),
      static_cast<int64_t>(unit.activation.plane()) * batch_->images,
      {.dweight = gradient.subspan(unit.norm->weight, channels),
       .dbias = gradient.subspan(unit.norm->bias, channels),
       .gradient = memory.gradient_factor,
       .value = memory.value_factor,
       .constant = memory.constant});
}

// Where things lie.

template <typename Element>
kernels::ActivationInputOf<Element> TrainingPass::activation_input(size_t s, int block) const {
  const Unit& unit = plan_.units[s];
  return {.x = convolved<Element>(s, block),
          .scale = units_[s].scale.data(),
          .shift = units_[s].shift.data(),
          .added = unit.addition ? input<Element>(unit.addition->unit, block) : nullptr};
}

template <typename Element>
kernels::ActivationGradientOf<Element> TrainingPass::activation_gradient_of(size_t s, int block) {
  const Unit& unit = plan_.units[s];
  kernels::ActivationGradientOf<Element> gradient{
      .dy = output_gradient<Element>(s, block), .bits = bits(s, block), .passed = unit.kept_scale()};
  if (unit.addition && unit.addition->unit > 0) {
    gradient.added = skip_gradients<Element>(unit.addition->unit, block);
    gradient.accumulates = !unit.addition->last;
  }
  return gradient;
}

// The gradient of the convolution's output, inside its canvas; without a convolution, of the previous unit's
// output.
template <typename Element>
kernels::View<Element> TrainingPass::convolved_gradient(size_t s, int block, int thread) {
  const Unit& unit = plan_.units[s];
  const kernels::Canvas& canvas = units_[s].sizes.canvas;
  if (!unit.conv)
    return kernels::dense_view(output_gradient<Element>(s - 1, block), canvas.height, canvas.width);
  auto view = kernels::dense_view(threads_[static_cast<size_t>(thread)].canvas[s].block<Element>(),
                                  canvas.height, canvas.width);
  view.data = view.at(0, canvas.top, canvas.left);
  if (s == 0) return view;  // dense: nothing reads zeros in between
  view.row *= static_cast<size_t>(unit.conv->stride_h);
  view.column *= static_cast<size_t>(unit.conv->stride_w);
  return view;
}

template <typename Element>
const Element* TrainingPass::input(size_t unit, int block) const {
  if (unit > 0) return output<Element>(unit - 1, block);
  const bool pairs = std::is_same_v<Element, Bf16Pair>;
  return (pairs ? image_pairs_ : images_).block<Element>(block);
}

template <typename Element>
const Element* TrainingPass::convolved(size_t s, int block) const {
  if (!plan_.units[s].conv) return input<Element>(s, block);
  return units_[s].convolved.block<Element>(block);
}

template <typename Element>
const Element* TrainingPass::output(size_t s, int block) const {
  if (!plan_.units[s].activates()) return convolved<Element>(s, block);
  return units_[s].activated.block<Element>(block);
}

const float* TrainingPass::logits(int block) const {
  return logits_.empty() ? output<float>(plan_.units.size() - 1, block) : logits_.block<float>(block);
}

const float* TrainingPass::wide_input(size_t s, int block, int thread) {
  if (s == 0 || !units_[s - 1].storage.pairs) return input<float>(s, block);
  const Shape& shape = plan_.units[s].input;
  to_floats(shape, input<Bf16Pair>(s, block), wide(thread, 0));
  return wide(thread, 0);
}

template <typename Element>
kernels::View<const Element> TrainingPass::conv_input(size_t s, int block, int thread) {
  const Element* x = nullptr;
  if constexpr (std::is_same_v<Element, float>) {
    x = wide_input(s, block, thread);
  } else {
    x = input<Element>(s, block);
  }
  return threads_[static_cast<size_t>(thread)].padded[s].view(*plan_.units[s].conv, x);
}

uint16_t* TrainingPass::bits(size_t s, int block) {
  if (!plan_.units[s].has_bits()) return nullptr;
  return units_[s].bits.data() + static_cast<size_t>(block) * units_[s].sizes.bits;
}

template <typename Element>
Element* TrainingPass::output_gradient(size_t unit, int block) {
  return output_gradients_[unit % 2].block<Element>(block);
}

template <typename Element>
Element* TrainingPass::skip_gradients(size_t s, int block) {
  return units_[s].skip_gradients.block<Element>(block);
}

kernels::BatchNormParams TrainingPass::norm_params(size_t s) const {
  const Unit& unit = plan_.units[s];
  const auto channels = static_cast<size_t>(unit.activation.channels);
  const auto parameters = std::span<const float>(weights_->parameters);
  return {parameters.subspan(unit.norm->weight, channels), parameters.subspan(unit.norm->bias, channels),
          unit.norm->eps, unit.norm->momentum};
}

kernels::BatchNormBatch TrainingPass::norm_batch(size_t s) {
  UnitMemory& memory = units_[s];
  return {memory.mean, memory.inverse_std, memory.norm_scale, memory.norm_shift};
}

}  // namespace rung::nn

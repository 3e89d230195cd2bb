// Forward and backward pass of a whole model over one batch: loss and gradients.
//
// The pass is a short program of phases. In a phase the threads share the batch's blocks of 16 images, and
// each block runs through the phase's steps alone; between phases come the few numbers that need the whole
// batch (batch norm's statistics and their gradient). A model without batch norm is a single phase.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/thread_pool.h"
#include "kernels/batch_norm.h"
#include "kernels/loss.h"
#include "nn/activation_buffer.h"
#include "nn/cost.h"
#include "nn/memory.h"
#include "nn/padding.h"
#include "nn/plan.h"
#include "nn/precision.h"
#include "nn/weights.h"

namespace rung::nn {

// Writes the images of one block to x [C][H][W][16]; lanes from `lanes` upwards may hold any finite values.
// Called from the pool's threads, once per block.
using LoadBlock = std::function<void(int block, int lanes, int thread, float* x)>;

// Writes a teacher's probabilities [classes][16] for the images [C][H][W][16] of a block. Called from the
// pool's threads, once per block.
struct Lesson {
  std::function<void(int thread, const float* images, float* probabilities)> teach;
  float temperature = 1;  // see kernels::Distillation
  float weight = 0;
};

struct Batch {
  int images = 0;                   // 1 .. the pass's largest batch
  std::span<const uint8_t> labels;  // [images], each below the model's classes
  LoadBlock load;
  uint64_t seed = 0;  // for dropout, with:
  uint32_t epoch = 0;
  uint32_t first_block = 0;                    // number of the batch's first block within its epoch
  float label_smoothing = 0;                   // see kernels::LossOptions
  std::span<const float> class_weights = {};   // [classes], likewise; empty: 1 each
  std::span<const float> image_weights = {};   // [images], likewise; empty: 1 each
  std::span<const uint8_t> other_labels = {};  // [images] of MixUp, likewise; empty: none
  float label_share = 1;
  const Lesson* lesson = nullptr;  // null: none
};

struct BatchResult {
  // Mean over the batch, weighted by the weights of the labels and images; 0 where all of these are 0. With
  // other labels, the sum divided by the number of images.
  double loss = 0;
  int correct = 0;
};

// What a pass does for each unit; its time is measured step by step.
enum class Step {
  kPackWeights,  // of all units
  kLoad,         // the images; unit 0
  kConvolve,     // with batch norm's sums
  kStatistics,
  kActivate,
  kFlatten,  // of pairs of bfloat16, where other channels become neighbours
  kLoss,
  kGradientSums,
  kNormGradient,
  kFlattenGradient,
  kSkipGradient,  // from a residual connection, to the output that it added
  kActivationGradient,
  kWeightGradient,
  kInputGradient,
  kSumGradients,  // of all blocks and units
};

// "convolve", "weight gradient", ...
std::string_view name_of(Step step);

// The cost of a step for one image. Only convolutions count as arithmetic.
Cost cost_of(const Plan& plan, Step step, size_t unit, Precision precision);

struct StepTime {
  Step step = Step::kLoad;
  size_t unit = 0;
  double seconds = 0;  // of all threads together
};

class TrainingPass {
 public:
  // `plan` and `pool` must outlive the pass. Allocates everything that run() needs.
  TrainingPass(const Plan& plan, int largest_batch, ThreadPool& pool,
               Precision precision = Precision::kFloat32);
  TrainingPass(const TrainingPass&) = delete;
  TrainingPass& operator=(const TrainingPass&) = delete;

  // Updates the running statistics in `weights`, and writes the loss's gradient to `gradient`
  // [parameter_count]. Throws UsageError if a batch norm has too few values.
  BatchResult run(const Batch& batch, Weights& weights, std::span<float> gradient);

  // From now on, measures the time of every step. It reads a clock twice per step and block, which costs less
  // than 1 %.
  void start_profile();
  // The times since start_profile(), in the order of the program.
  std::vector<StepTime> profile() const;

  // The logits [classes][16] of a block of the last batch, before the weights changed.
  const float* logits(int block) const;

 private:
  // A row for each step: its name, what it does, and its cost.
  struct StepInfo;
  static StepInfo info_of(Step step);
  friend std::string_view name_of(Step step);
  friend Cost cost_of(const Plan& plan, Step step, size_t unit, Precision precision);

  // What one unit keeps for the whole batch, [B] blocks each.
  struct UnitMemory {
    UnitStorage storage;
    UnitSizes sizes;
    ActivationBuffer convolved;       // [B][K][H][W][16], the convolution's output
    ActivationBuffer activated;       // [B][K][PH][PW][16], the unit's, if something follows the convolution
    AlignedBuffer<uint16_t> bits;     // [B][K][H][W]
    ActivationBuffer skip_gradients;  // [B][C][H][W][16] of the input, from the units that add it later
    AlignedBuffer<float> packed_forward;
    AlignedBuffer<float> packed_backward;
    // By channel; with pairs, room for an even number.
    std::vector<float> scale;  // [K] of the activation, dropout's scale included
    std::vector<float> shift;
    std::vector<kernels::Moments> moments;                         // [B][K]
    std::vector<float> gradient_sums;                              // [B][K][2]
    std::vector<float> mean, inverse_std, norm_scale, norm_shift;  // [K] of the batch
    std::vector<float> gradient_factor, value_factor, constant;    // [K] of batch norm's gradient
  };
  struct ThreadMemory {
    std::vector<ActivationBuffer> canvas;  // by unit; zeros around the gradient of the convolution's output
    std::vector<PaddedInput> padded;       // by unit
    AlignedBuffer<float> scratch;
    AlignedBuffer<float> moment_sums;
    std::vector<float> gradient_sums;                     // of one block
    AlignedBuffer<float> row;                             // of what is rounded to pairs
    std::array<AlignedBuffer<float>, kWideTensors> wide;  // tensors that are pairs elsewhere
    AlignedBuffer<float> probabilities;                   // [classes][16] of the teacher, if there is one
    std::vector<double> seconds;                          // by clock
  };

  using BlockWork = void (TrainingPass::*)(size_t unit, int block, int thread);
  using BatchWork = void (TrainingPass::*)(size_t unit);
  struct Task {
    size_t unit;
    size_t clock;  // index of its time
    BlockWork block_work = nullptr;
    BatchWork batch_work = nullptr;
  };
  struct Phase {
    std::vector<Task> block_tasks;   // each block runs through them independently
    std::optional<Task> batch_task;  // after all blocks
  };

  void allocate(int threads);
  void allocate_thread(ThreadMemory& memory);
  void write_program();

  Task task(Step step, size_t unit);
  template <typename Work>
  void timed(size_t clock, int thread, int threads, Work work);

  // What the steps do: for one block...
  void load(size_t unit, int block, int thread);
  void convolve(size_t unit, int block, int thread);
  void activate(size_t unit, int block, int thread);
  void run_alone(size_t unit, int block, int thread);
  void run_alone_backward(size_t unit, int block, int thread);
  void flatten(size_t unit, int block, int thread);
  void loss(size_t unit, int block, int thread);
  std::optional<kernels::Distillation> taught(int block, int thread);
  void gradient_sums(size_t unit, int block, int thread);
  void flatten_gradient(size_t unit, int block, int thread);
  void skip_gradient(size_t unit, int block, int thread);
  void activation_gradient(size_t unit, int block, int thread);
  void weight_gradient(size_t unit, int block, int thread);
  void input_gradient(size_t unit, int block, int thread);
  // ... and for the whole batch.
  void pack_weights(size_t unit);
  void statistics(size_t unit);
  void norm_gradient(size_t unit);
  void sum_gradients(size_t unit);

  int lanes(int block) const { return kernels::valid_lanes(batch_->images, block); }
  int blocks() const { return kernels::blocks_of(batch_->images); }
  template <typename Element>
  kernels::View<Element> convolved_gradient(size_t unit, int block, int thread);
  template <typename Element>
  kernels::ActivationInputOf<Element> activation_input(size_t unit, int block) const;
  template <typename Element>
  kernels::ActivationGradientOf<Element> activation_gradient_of(size_t unit, int block);
  template <typename Element>
  const Element* input(size_t unit, int block) const;
  template <typename Element>
  const Element* convolved(size_t unit, int block) const;
  template <typename Element>
  const Element* output(size_t unit, int block) const;
  template <typename Element>
  Element* output_gradient(size_t unit, int block);
  template <typename Element>
  Element* skip_gradients(size_t unit, int block);
  // The convolution's input with its border, in whatever form it takes.
  template <typename Element>
  kernels::View<const Element> conv_input(size_t unit, int block, int thread);
  // The unit's input as floats: itself, or widened into one of the thread's tensors.
  const float* wide_input(size_t unit, int block, int thread);
  float* wide(int thread, size_t tensor) { return threads_[static_cast<size_t>(thread)].wide[tensor].data(); }
  // From one shape to another with as many elements, in place.
  void reshape(const Shape& from, const Shape& to, int thread, kernels::Bf16Pair* pairs);
  uint16_t* bits(size_t unit, int block);
  float* block_gradient(int block) {
    return block_gradients_.data() + static_cast<size_t>(block) * plan_.parameter_count;
  }
  kernels::BatchNormParams norm_params(size_t unit) const;
  kernels::BatchNormBatch norm_batch(size_t unit);

  const Plan& plan_;
  ThreadPool& pool_;
  Precision precision_;
  int max_blocks_;
  std::vector<Phase> program_;
  std::vector<StepTime> clocks_;  // what each clock measures
  bool profiling_ = false;
  ActivationBuffer images_;       // [B][C][H][W][16]
  ActivationBuffer image_pairs_;  // the same, if a kernel reads them so
  ActivationBuffer logits_;       // [B][classes][16], if the last unit's output is pairs
  std::vector<UnitMemory> units_;
  ActivationBuffer output_gradients_[2];  // [B][...]: a unit reads one and writes the other
  AlignedBuffer<float> block_gradients_;  // [B][parameter_count]
  std::vector<double> block_losses_;      // [B]
  std::vector<int> block_correct_;        // [B]
  std::vector<ThreadMemory> threads_;
  const Batch* batch_ = nullptr;  // during run()
  double weight_sum_ = 0;         // of the batch's labels
  Weights* weights_ = nullptr;
  std::span<float> gradient_;
};

}  // namespace rung::nn

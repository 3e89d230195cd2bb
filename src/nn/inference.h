// Forward pass in evaluation mode: running statistics, no dropout. A block of 16 images runs through the
// whole model inside one core's cache.
#pragma once

#include <functional>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/thread_pool.h"
#include "nn/evaluation_unit.h"
#include "nn/padding.h"
#include "nn/plan.h"
#include "nn/training_pass.h"
#include "nn/weights.h"

namespace rung::nn {

class Inference {
 public:
  // `plan` and `pool` must outlive this object. Throws MemoryError if the machine has too little memory.
  Inference(const Plan& plan, ThreadPool& pool);
  Inference(const Inference&) = delete;
  Inference& operator=(const Inference&) = delete;

  const Plan& plan() const { return plan_; }

  // Called from the pool's threads, once per block, with its logits [classes][16].
  using UseLogits = std::function<void(int block, int lanes, const float* logits)>;

  // Runs all blocks of `images` images.
  void run(const Weights& weights, int images, const LoadBlock& load, const UseLogits& use);

  // The same in two parts, where the blocks come from elsewhere: once for the weights, and then from the
  // pool's threads for each block's images [C][H][W][16] the logits [classes][16], valid until the thread's
  // next call.
  void prepare(const Weights& weights);
  const float* block_logits(const Weights& weights, int thread, const float* images);

 private:
  struct ThreadMemory {
    AlignedBuffer<float> buffers[2];  // activations of one block; a kernel reads one and writes the other
    std::vector<PaddedInput> padded;  // by unit
    std::vector<AlignedBuffer<float>> kept;  // by unit; its input, where a later unit adds it
  };

  const float* forward(const Weights& weights, ThreadMemory& memory) const;

  const Plan& plan_;
  ThreadPool& pool_;
  std::vector<EvaluationUnit> units_;
  std::vector<ThreadMemory> threads_;
};

}  // namespace rung::nn

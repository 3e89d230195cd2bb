// What trained models say of the images of a training, for distillation.
#pragma once

#include <memory>
#include <vector>

#include "base/thread_pool.h"
#include "nn/inference.h"
#include "nn/model_spec.h"
#include "nn/plan.h"
#include "nn/weights.h"

namespace rung::train {

struct Teacher {
  nn::ModelSpec model;
  nn::Weights weights;
};

class Teachers {
 public:
  // At least one, of the same input and classes. `pool` must outlive this object. Throws MemoryError.
  Teachers(const std::vector<Teacher>& teachers, double temperature, ThreadPool& pool);

  // The mean over the teachers of softmax(logits / temperature), [classes][16], for images [C][H][W][16] as a
  // batch has them. From the pool's threads.
  void teach(int thread, const float* images, float* probabilities);

  // That it takes with so many threads.
  static uint64_t bytes(const std::vector<Teacher>& teachers, int threads);

 private:
  struct One {
    One(const Teacher& teacher, ThreadPool& pool);

    nn::Plan plan;
    nn::Weights weights;
    nn::Inference inference;  // refers to the plan
  };

  std::vector<std::unique_ptr<One>> all_;
  float temperature_;
};

}  // namespace rung::train

#include "train/teachers.h"

#include <algorithm>

#include "base/require.h"
#include "kernels/loss.h"
#include "nn/memory.h"

namespace rung::train {

Teachers::One::One(const Teacher& teacher, ThreadPool& pool)
    : plan(nn::make_plan(teacher.model)), weights(teacher.weights), inference(plan, pool) {
  inference.prepare(weights);
}

Teachers::Teachers(const std::vector<Teacher>& teachers, double temperature, ThreadPool& pool)
    : temperature_(static_cast<float>(temperature)) {
  RUNG_REQUIRE(!teachers.empty());
  for (const Teacher& teacher : teachers) all_.push_back(std::make_unique<One>(teacher, pool));
}

void Teachers::teach(int thread, const float* images, float* probabilities) {
  const int classes = all_.front()->plan.classes;
  std::fill_n(probabilities, classes * kernels::kLanes, 0.0F);
  const float share = 1.0F / static_cast<float>(all_.size());
  for (const auto& one : all_)
    kernels::add_probabilities(one->inference.block_logits(one->weights, thread, images), classes,
                               temperature_, share, probabilities);
}

uint64_t Teachers::bytes(const std::vector<Teacher>& teachers, int threads) {
  uint64_t sum = 0;
  for (const Teacher& teacher : teachers) sum += nn::inference_bytes(nn::make_plan(teacher.model), threads);
  return sum;
}

}  // namespace rung::train

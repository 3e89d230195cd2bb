// Random weights and images for any model, and what the engine makes of them.
#pragma once

#include <algorithm>
#include <vector>

#include "base/philox.h"
#include "base/thread_pool.h"
#include "nn/inference.h"
#include "nn/model_spec.h"
#include "nn/plan.h"
#include "nn/weights.h"

namespace rung::testing {

inline nn::Weights random_weights(const nn::Plan& plan) {
  nn::Weights weights = nn::initial_weights(plan, 3);
  RandomStream random(2, RandomPurpose::kInit);
  // All parameters, so that no scale is 1 and no shift is 0; and statistics as training leaves them.
  for (float& value : weights.parameters) value += 0.25F * random.uniform();
  for (float& value : weights.buffers) value = 0.5F + random.uniform();
  return weights;
}

// A block of 16, [C][H][W][16].
inline std::vector<float> random_images(const nn::Shape& input) {
  std::vector<float> images(nn::block_floats(input));
  RandomStream random(1, RandomPurpose::kInit);
  for (float& value : images) value = random.uniform() * 2 - 1;
  return images;
}

// [classes][16]
inline std::vector<float> engine_logits(const nn::ModelSpec& model, const nn::Weights& weights,
                                        const std::vector<float>& images) {
  const nn::Plan plan = nn::make_plan(model);
  ThreadPool pool(1);
  std::vector<float> result;
  nn::Inference inference(plan, pool);
  inference.run(
      weights, kernels::kLanes, [&](int, int, int, float* x) { std::ranges::copy(images, x); },
      [&](int, int, const float* logits) {
        result.assign(logits, logits + model.classes * kernels::kLanes);
      });
  return result;
}

}  // namespace rung::testing

// The fast way to run an integer model: one image at a time, in vectors. IntegerRunner (integer_model.h)
// defines the arithmetic, and every activation here is the same byte.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "quantise/integer_model.h"

namespace rung::quantise {

class IntegerInference {
 public:
  // Packs the weights and allocates all memory. `model` must outlive this object; force_simd_target() must
  // not be called meanwhile.
  explicit IntegerInference(const IntegerModel& model);
  IntegerInference(IntegerInference&&) noexcept;
  ~IntegerInference();

  // As IntegerRunner::run(): the logits [classes] of the pixels [H][W][C]. Allocates nothing; one thread at a
  // time.
  std::span<const int32_t> run(std::span<const uint8_t> image);

  class Step;

 private:
  std::vector<std::unique_ptr<Step>> steps_;  // by node
  std::vector<int32_t> logits_;
};

}  // namespace rung::quantise

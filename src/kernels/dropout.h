// Dropout's random bits (torch.nn.Dropout: every element by itself).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/philox.h"

namespace rung::kernels {

// The numbers one group of 16 images draws in one layer: Philox's key, and its counter but for the first
// word.
struct DropoutStream {
  PhiloxKey key{};
  uint32_t group = 0;  // number of the group within its epoch
  uint32_t epoch = 0;
  uint32_t purpose = 0;  // purpose_word(RandomPurpose::kDropout, layer)
};

// An element is dropped when its 16 random bits are below this. The probability is p rounded to 1/65536 (for
// p = 0.08 it is 0.080002). Precondition: 0 <= p < 1.
constexpr uint32_t dropout_threshold(double p) {
  return static_cast<uint32_t>(p * 65536.0 + 0.5);
}

// bits[element]: bit i is set when image i keeps the element. For block b of 8 elements and image i, the
// counter (16*b + i, group, epoch, purpose) gives four words; element 8*b + 2*w + h takes half h (0: low) of
// word w.
void dropout_bits(const DropoutStream& stream, uint32_t threshold, size_t elements, uint16_t* bits);

namespace reference {

void dropout_bits(const DropoutStream& stream, uint32_t threshold, size_t elements, uint16_t* bits);

}  // namespace reference
}  // namespace rung::kernels

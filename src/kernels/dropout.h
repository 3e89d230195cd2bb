// Dropout's random bits (torch.nn.Dropout: each element independently; Dropout2d: each channel).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/philox.h"
#include "base/require.h"

namespace rung::kernels {

// The numbers that one block of 16 images draws in one layer: Philox's key, and its counter without the first
// word.
struct DropoutStream {
  PhiloxKey key{};
  uint32_t block = 0;  // number of the block within its epoch
  uint32_t epoch = 0;
  uint32_t purpose = 0;  // purpose_word(RandomPurpose::kDropout, layer)
};

// An element is dropped when its 16 random bits are below this. The probability is p rounded to 1/65536 (for
// p = 0.08 it is 0.080002). Precondition: 0 <= p < 1.
constexpr uint16_t dropout_threshold(double p) {
  RUNG_REQUIRE(0 <= p && p < 1);
  const auto rounded = static_cast<uint32_t>(p * 65536.0 + 0.5);
  return static_cast<uint16_t>(rounded > 65535 ? 65535 : rounded);
}

// bits[element]: bit i is set when image i keeps the element. For octet b of 8 elements, element 8*b + 2*w +
// h takes its 16 bits for image i from half i % 2 (0: low) of word w of Philox4x32-7 at the counter (16*b +
// 8*h + i/2, block, epoch, purpose).
void dropout_bits(const DropoutStream& stream, uint16_t threshold, size_t elements, uint16_t* bits);

// The same bits for all elements of a channel (torch.nn.Dropout2d): those of element c of [channels], in bits
// [channels][plane].
void channel_dropout_bits(const DropoutStream& stream, uint16_t threshold, size_t channels, size_t plane,
                          uint16_t* bits);

namespace reference {

void dropout_bits(const DropoutStream& stream, uint16_t threshold, size_t elements, uint16_t* bits);

}  // namespace reference
}  // namespace rung::kernels

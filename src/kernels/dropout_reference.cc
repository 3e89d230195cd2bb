// Dropout's bits from the scalar generator, one image and one element at a time.
#include "kernels/dropout.h"
#include "kernels/layout.h"

namespace rung::kernels::reference {

void dropout_bits(const DropoutStream& stream, uint16_t threshold, size_t elements, uint16_t* bits) {
  for (size_t element = 0; element < elements; ++element) {
    bits[element] = 0;
    for (uint32_t image = 0; image < kLanes; ++image) {
      const auto octet = static_cast<uint32_t>(element / 8);
      const auto part = static_cast<uint32_t>(element % 2);
      const PhiloxCounter words =
          philox4x32({octet * kLanes + part * 8 + image / 2, stream.block, stream.epoch, stream.purpose},
                     stream.key, kPhiloxFastRounds);
      const uint32_t random = words[element % 8 / 2] >> (image % 2 * 16) & 0xFFFF;
      if (random >= threshold) bits[element] |= static_cast<uint16_t>(1U << image);
    }
  }
}

}  // namespace rung::kernels::reference

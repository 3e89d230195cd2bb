// Activations of blocks of images, whose elements are floats or pairs of bfloat16; both take four bytes.
// Zeros at first.
#pragma once

#include <cstddef>

#include "base/aligned_buffer.h"
#include "kernels/bf16.h"

namespace rung::nn {

class ActivationBuffer {
 public:
  ActivationBuffer() = default;
  ActivationBuffer(size_t blocks, size_t elements)
      : bytes_(blocks * elements * kElementBytes), elements_(elements) {}

  template <typename Element>
  Element* block(int index = 0) {
    static_assert(sizeof(Element) == kElementBytes);
    return reinterpret_cast<Element*>(bytes_.data()) + static_cast<size_t>(index) * elements_;
  }
  template <typename Element>
  const Element* block(int index = 0) const {
    static_assert(sizeof(Element) == kElementBytes);
    return reinterpret_cast<const Element*>(bytes_.data()) + static_cast<size_t>(index) * elements_;
  }

  bool empty() const { return bytes_.size() == 0; }

 private:
  static constexpr size_t kElementBytes = 4;
  AlignedBuffer<std::byte> bytes_;
  size_t elements_ = 0;  // of a block
};

}  // namespace rung::nn

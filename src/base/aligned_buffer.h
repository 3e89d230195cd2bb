// A fixed-size array of plain values in zeroed memory (base/zeroed_memory.h). It cannot grow: the engine
// allocates once, before the loop.
#pragma once

#include <cstdint>
#include <new>
#include <span>
#include <type_traits>

#include "base/zeroed_memory.h"

namespace rung {

template <typename T>
class AlignedBuffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  AlignedBuffer() = default;

  // Throws std::bad_alloc if the memory is not available.
  explicit AlignedBuffer(size_t size) : memory_(bytes_of(size)), size_(size) {}

  T* data() { return static_cast<T*>(memory_.data()); }
  const T* data() const { return static_cast<const T*>(memory_.data()); }
  size_t size() const { return size_; }
  std::span<T> span() { return {data(), size_}; }
  std::span<const T> span() const { return {data(), size_}; }
  T& operator[](size_t index) { return data()[index]; }
  const T& operator[](size_t index) const { return data()[index]; }

 private:
  static size_t bytes_of(size_t size) {
    if (size > SIZE_MAX / sizeof(T)) throw std::bad_alloc();
    return size * sizeof(T);
  }

  ZeroedMemory memory_;
  size_t size_ = 0;
};

}  // namespace rung

// A fixed-size array of plain values on a 128-byte boundary (two cache lines: the adjacent-line prefetcher's
// unit), zero-filled. From 256 KiB up it asks for huge pages, which save the kernels' many streams most
// address translation. It cannot grow: the engine allocates once, before the loop.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <type_traits>

namespace rung {

template <typename T>
class AlignedBuffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  static constexpr size_t kAlignment = 128;
  static constexpr size_t kHugePage = size_t{2} << 20;

  AlignedBuffer() = default;

  // Throws std::bad_alloc if the memory is not available.
  explicit AlignedBuffer(size_t size) : size_(size) {
    if (size == 0) return;
    if (size > (SIZE_MAX - kHugePage) / sizeof(T)) throw std::bad_alloc();
    const size_t alignment = size * sizeof(T) >= kHugePage / 8 ? kHugePage : kAlignment;
    const size_t bytes = (size * sizeof(T) + alignment - 1) / alignment * alignment;
    data_.reset(static_cast<T*>(std::aligned_alloc(alignment, bytes)));
    if (!data_) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
    if (alignment == kHugePage) ::madvise(data_.get(), bytes, MADV_HUGEPAGE);  // only a hint: it may fail
#endif
    std::memset(static_cast<void*>(data_.get()), 0, size * sizeof(T));
  }

  T* data() {
    return data_.get();
  }
  const T* data() const {
    return data_.get();
  }
  size_t size() const {
    return size_;
  }
  std::span<T> span() {
    return {data(), size_};
  }
  std::span<const T> span() const {
    return {data(), size_};
  }
  T& operator[](size_t index) {
    return data_.get()[index];
  }
  const T& operator[](size_t index) const {
    return data_.get()[index];
  }

 private:
  struct Free {
    void operator()(T* pointer) const { std::free(pointer); }
  };
  std::unique_ptr<T[], Free> data_;
  size_t size_ = 0;
};

}  // namespace rung

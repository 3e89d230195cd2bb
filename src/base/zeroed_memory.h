// Memory that begins with zeros, on a boundary of 128 bytes (two cache lines: the adjacent-line prefetcher's
// unit). From 256 KiB up it comes from the system in huge pages, where there are some: they save the kernels'
// many streams most address translation. A page then becomes resident when a thread first touches it, so that
// the threads share the work of clearing pages, and nothing clears them twice.
#pragma once

#include <cstddef>

namespace rung {

class ZeroedMemory {
 public:
  static constexpr size_t kAlignment = 128;

  ZeroedMemory() = default;
  // Throws std::bad_alloc if the memory is not available.
  explicit ZeroedMemory(size_t bytes);
  ~ZeroedMemory();
  ZeroedMemory(ZeroedMemory&& other) noexcept;
  ZeroedMemory& operator=(ZeroedMemory&& other) noexcept;

  void* data() const { return data_; }  // null without bytes

 private:
  void* data_ = nullptr;
  size_t mapped_ = 0;  // bytes, if they come from the system
};

}  // namespace rung

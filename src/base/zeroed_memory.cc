#include "base/zeroed_memory.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

// AddressSanitizer watches the ends of what malloc gives, not of pages.
#if defined(__SANITIZE_ADDRESS__)
#define RUNG_MAPS_MEMORY 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RUNG_MAPS_MEMORY 0
#endif
#endif
#if !defined(RUNG_MAPS_MEMORY) && defined(MADV_HUGEPAGE)
#define RUNG_MAPS_MEMORY 1
#endif

namespace rung {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;

constexpr size_t round_up(size_t bytes, size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

#if RUNG_MAPS_MEMORY
// Whole huge pages; what lies before and after them is given back.
void* map_huge_pages(size_t bytes) {
  const size_t asked = bytes + kHugePage;
  void* start = ::mmap(nullptr, asked, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) throw std::bad_alloc();
  auto* const first = static_cast<std::byte*>(start);
  const size_t before =
      round_up(reinterpret_cast<uintptr_t>(first), kHugePage) - reinterpret_cast<uintptr_t>(first);
  if (before > 0) ::munmap(first, before);
  if (before < kHugePage) ::munmap(first + before + bytes, kHugePage - before);
  ::madvise(first + before, bytes, MADV_HUGEPAGE);  // only a hint: it may fail
  return first + before;
}
#endif

}  // namespace

ZeroedMemory::ZeroedMemory(size_t bytes) {
  if (bytes == 0) return;
  if (bytes > SIZE_MAX - 2 * kHugePage) throw std::bad_alloc();
#if RUNG_MAPS_MEMORY
  if (bytes >= kHugePage / 8) {
    mapped_ = round_up(bytes, kHugePage);
    data_ = map_huge_pages(mapped_);
    return;
  }
#endif
  data_ = std::aligned_alloc(kAlignment, round_up(bytes, kAlignment));
  if (data_ == nullptr) throw std::bad_alloc();
  std::memset(data_, 0, bytes);
}

ZeroedMemory::~ZeroedMemory() {
  if (mapped_ > 0) {
    ::munmap(data_, mapped_);
  } else {
    std::free(data_);
  }
}

ZeroedMemory::ZeroedMemory(ZeroedMemory&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), mapped_(std::exchange(other.mapped_, 0)) {}

ZeroedMemory& ZeroedMemory::operator=(ZeroedMemory&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(mapped_, other.mapped_);
  return *this;
}

}  // namespace rung

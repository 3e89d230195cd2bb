// The processors for which Rung foretells what an exported model takes.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace rung::chip {

// A well-known chip with a processor, and its bytes.
struct Chip {
  std::string_view name;
  int64_t flash = 0;
  int64_t ram = 0;
};

// A processor, for which Debian 12's GCC compiles with -Os.
struct Processor {
  std::string_view name;
  std::string_view title;
  int64_t most_alignment = 8;  // as of sizes_of()
  // Bytes of the compiler's routines that a model may need, and that programs share: division, products of 64
  // bits, memcpy.
  int64_t helpers = 0;
  Chip chip;
};

std::span<const Processor> processors();

// Null if there is no processor of that name.
const Processor* find_processor(std::string_view name);

}  // namespace rung::chip

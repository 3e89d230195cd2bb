// What the exported C takes on a chip: flash, memory and stack, predicted from the model alone.
//
// Constants and static memory are exact. Code and stack are sums over the parts of c_runtime.c that a model
// uses, by least squares over random models (c_code_bytes.h). The compiler joins parts as it sees fit, so
// single models differ: tests/targets/run.sh compares the sums with what compilers make of other models, and
// says by how much.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "export/c_layout.h"

namespace rung::exports {

// A well-known chip with a target's processor, and its bytes.
struct Chip {
  std::string_view name;
  int64_t flash = 0;
  int64_t ram = 0;
};

// A processor, for which Debian 12's GCC compiles with -Os.
struct CTarget {
  std::string_view name;
  std::string_view title;
  int64_t most_alignment = 8;  // as of sizes_of()
  // Bytes of the compiler's routines that a model may need, and that programs share: division, products of 64
  // bits, memcpy.
  int64_t helpers = 0;
  Chip chip;
};
std::span<const CTarget> c_targets();

// Bytes of the object file, and of the stack below the caller of NAME_predict.
struct CFootprint {
  int64_t flash = 0;
  int64_t ram = 0;
  int64_t stack = 0;
};
CFootprint footprint_of(const CLayout& layout, const CTarget& target);

// What the size of the code depends on.
struct CodePart {
  std::string_view name;
  bool is_used = false;
};
std::vector<CodePart> code_parts(const CLayout& layout);

}  // namespace rung::exports

// What the exported C takes on a chip: flash, memory and stack, predicted from the model alone.
//
// Constants and static memory are exact. Code and stack are sums over the parts of c_runtime.c that a model
// uses, by least squares over random models (code_bytes.h). The compiler joins parts as it sees fit, so
// single models differ: tests/targets/run.sh compares the sums with what compilers make of other models, and
// says by how much.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "chip/layout.h"
#include "chip/processors.h"

namespace rung::chip {

// Bytes of the object file, and of the stack below the caller of NAME_predict. `processor` is one of
// processors().
struct Footprint {
  int64_t flash = 0;
  int64_t ram = 0;
  int64_t stack = 0;
};
Footprint footprint_of(const Layout& layout, const Processor& processor);

// What the size of the code depends on.
struct CodePart {
  std::string_view name;
  bool is_used = false;
};
std::vector<CodePart> code_parts(const Layout& layout);

}  // namespace rung::chip

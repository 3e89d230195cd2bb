// c_runtime.c and c_float_runtime.c, built into the program: the parts (c_text.h) of the C code in integers
// and in float32.
#pragma once

#include <string_view>

namespace rung::exports {

extern const std::string_view kCRuntime;
extern const std::string_view kCFloatRuntime;

}  // namespace rung::exports

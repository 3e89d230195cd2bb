// c_runtime.c, built into the program: the parts that C source is put together from. Each begins with its
// name in a comment, /*@ name */.
#pragma once

#include <string_view>

namespace rung::exports {

extern const std::string_view kCRuntime;

}  // namespace rung::exports

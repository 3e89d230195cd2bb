// Files that are built into the program (see CMakeLists.txt).
#pragma once

#include <string_view>

namespace rung::inspect {

extern const std::string_view kDigitsRecipe;   // digits.toml
extern const std::string_view kDigitsWeights;  // digits.safetensors: bytes

}  // namespace rung::inspect

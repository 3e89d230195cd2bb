// C99 source of an integer model, for a chip: no library, no memory but its own, no floating-point numbers.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "quantise/integer_model.h"

namespace rung::exports {

// The two files of the model: NAME.h and NAME.c. Precondition: `name` is a C identifier.
std::map<std::string, std::string> c_source(const quantise::IntegerModel& model, const std::string& name);

// A program that runs the model on images [N][H][W][C] and compares the logits with those given: NAME_test.c.
std::string c_test(const quantise::IntegerModel& model, const std::string& name,
                   std::span<const uint8_t> images);

}  // namespace rung::exports

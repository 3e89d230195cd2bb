// The class names of registered datasets.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace rung::data {

// One name per class; empty for a dataset whose classes are numbers.
std::span<const std::string_view> class_names(std::string_view dataset);

// A class's name, or else its number.
std::string class_name(std::string_view dataset, size_t label);

}  // namespace rung::data

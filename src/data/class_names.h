// The class names of registered datasets.
#pragma once

#include <span>
#include <string_view>

namespace rung::data {

// One name per class; empty for a dataset whose classes are numbers.
std::span<const std::string_view> class_names(std::string_view dataset);

}  // namespace rung::data

// The class names of registered datasets.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rung::data {

// One name per class; empty for a dataset whose classes are numbers.
std::span<const std::string_view> class_names(std::string_view dataset);

// A class's name, or else its number.
std::string class_name(std::string_view dataset, size_t label);
std::vector<std::string> names_of_classes(std::string_view dataset, int classes);

}  // namespace rung::data

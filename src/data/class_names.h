// What the classes of a dataset are called: the one place that messages, pages and exports ask.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "data/data_spec.h"

namespace rung::data {

// The most bytes that a class's name may have.
inline constexpr size_t kLongestClassName = 200;

// What is wrong with names of classes, in the order of the labels; empty if nothing is. Names are printable
// UTF-8, not empty and all different.
std::string problem_of(std::span<const std::string> names);

// A class's name: that of the specification, or of a registered dataset, or else its number.
std::string class_name(const DatasetSpec& dataset, size_t label);
std::vector<std::string> names_of_classes(const DatasetSpec& dataset, int classes);

// Whether classes have other names than their numbers.
bool has_class_names(const DatasetSpec& dataset);

}  // namespace rung::data

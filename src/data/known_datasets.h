// The registry's entries, by what is in the images. Addresses, checksums, numbers and licences are those that
// the sources named beside them state.
#pragma once

#include <vector>

#include "data/registry.h"

namespace rung::data {

std::vector<DatasetInfo> datasets_of_characters();   // MNIST's kind: one character in each image
std::vector<DatasetInfo> datasets_of_photographs();  // in colour
std::vector<DatasetInfo> datasets_of_medicine();     // MedMNIST, 28 x 28

// "0" to "9".
std::vector<std::string> digits_as_names();

}  // namespace rung::data

// Whether the lengths that a learning-rate schedule names fit the training: one that was written for 16
// epochs never reaches its end in 4.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "optim/training_spec.h"

namespace rung::optim {

// A sentence for each length that does not fit. `batches_per_epoch` is none if the dataset is not known;
// lengths in batches are then not judged.
std::vector<std::string> schedule_remarks(const Training& training, std::optional<int64_t> batches_per_epoch);

}  // namespace rung::optim

// Whether the lengths that a learning-rate schedule names fit the training: one that was written for 16
// epochs and trained for 4 never gets where it was meant to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "optim/spec.h"

namespace rung::optim {

// A sentence for each length that does not fit. `batches_per_epoch` is none where the dataset is not known;
// lengths in batches are not judged then.
std::vector<std::string> schedule_remarks(const Training& training, std::optional<int64_t> batches_per_epoch);

}  // namespace rung::optim

// Which data a run was trained and tested on, as it has written it down.
#pragma once

#include <filesystem>
#include <string>

namespace rung::train {

// The SHA-256 of the run's images and labels (see data::sha256), from its result or its checkpoint. Empty if
// neither says so. (The checkpoint is read as a whole: check first, as load_weights() does, that it has a
// sensible size.)
std::string recorded_data(const std::filesystem::path& run_folder);

}  // namespace rung::train

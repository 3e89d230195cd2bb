// What `train` and `climb` share: one run with its display, which can be interrupted.
#pragma once

#include <filesystem>

#include "ladder/run.h"

namespace rung::app {

// As ladder::run_recipe, showing the epochs as they pass. Throws Interrupted when a signal asks for the end.
ladder::Outcome run_and_show(const recipe::Recipe& recipe, const data::Dataset& data, ThreadPool& pool,
                             const std::filesystem::path& folder, const ladder::Outcome* previous);

}  // namespace rung::app

// What `train` and `climb` share: one run with its display, which can be interrupted.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "ladder/run.h"
#include "options.h"

namespace rung::app {

// "rung train --resume runs/step3-seed1", with what the engine must be told again.
std::string resume_command(std::string_view command, const std::filesystem::path& folder,
                           const EngineOptions& engine);

// As ladder::run_recipe, showing the epochs as they pass. Throws Interrupted when a signal asks for the end.
// `resume` is the command that goes on with what is left; errors that leave something name it.
ladder::Outcome run_and_show(const recipe::Recipe& recipe, const data::Dataset& data, ThreadPool& pool,
                             const ladder::RunPlace& place, const ladder::Outcome* previous,
                             const std::string& resume);

}  // namespace rung::app

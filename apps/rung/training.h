// What `train` and `climb` share: one run with its display, which can be interrupted.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "ladder/analysis.h"
#include "ladder/run.h"
#include "options.h"

namespace rung::app {

// Says where a command writes, and how to follow it: its first line.
void show_folder(const std::filesystem::path& folder);

// Warns of what is odd about the images that the recipe, which is resolved, trains and tests on. `engine`
// says where they were found.
void warn_of_images(const data::Dataset& data, const recipe::Recipe& recipe, const EngineOptions& engine);

// Of a folder of the user's own, a sentence on what `rung data check` would show of these images, as far as
// it is found at once; empty if nothing is.
std::string check_remark(const data::Dataset& data, const std::string& name, const EngineOptions& engine);

// What is to be said after a batch; empty if nothing is.
using Remark = std::function<std::string(const train::Progress&)>;

// As ladder::run_recipe, but shows the epochs as they pass. Throws Interrupted if the caller's InterruptGuard
// has noted a signal. `resume` is the command that continues the rest; errors that leave something name it.
ladder::Outcome run_and_show(const recipe::Recipe& recipe, const data::Dataset& data, ThreadPool& pool,
                             const ladder::RunPlace& place, const ladder::Outcome* previous,
                             const std::string& resume, const Remark& remark = {});

// Warns where the recipe's learning-rate schedule does not fit its training.
void warn_of_schedule(const recipe::Recipe& recipe, const data::Dataset& data);

// What helps where a run diverged.
inline constexpr const char* kAfterDivergence =
    "resuming would diverge again: lower the learning rate in the recipe, and train it in another folder";

// Throws what there is to say about a run that has no finished epoch.
[[noreturn]] void fail_without_epochs(const std::filesystem::path& folder);

// Throws the same unless the run has this file of weights, or has finished an epoch, after which it should.
void require_epochs(const std::filesystem::path& folder, const char* weights);

// What --json prints about a run: result.json's fields, `run_dir` and `analysis`.
nlohmann::ordered_json document_of(const ladder::Outcome& outcome, const ladder::Analysis& analysis,
                                   const std::filesystem::path& folder);

}  // namespace rung::app

#include "training.h"

#include <fmt/format.h>

#include "interrupt.h"
#include "terminal.h"

namespace rung::app {
namespace {

void end_if_interrupted(const train::Progress& progress, const std::filesystem::path& folder) {
  const int signal = InterruptGuard::signal();
  if (signal == 0) return;
  throw Interrupted(signal, fmt::format("interrupted in epoch {}, batch {}", progress.epoch, progress.batch),
                    progress.epoch == 1 ? "" : fmt::format("{} holds the epochs before it", folder.string()));
}

}  // namespace

ladder::Outcome run_and_show(const recipe::Recipe& recipe, const data::Dataset& data, ThreadPool& pool,
                             const std::filesystem::path& folder, const ladder::Outcome* previous) {
  const InterruptGuard guard;
  EpochDisplay display;
  const ladder::Observer observer{[&](const train::Progress& progress) {
                                    end_if_interrupted(progress, folder);
                                    display.on_batch(progress);
                                  },
                                  [&](const train::EpochRecord& epoch, const train::Evaluation& test) {
                                    display.on_epoch(epoch, recipe.training.epochs, test);
                                  }};
  ladder::Outcome outcome = ladder::run_recipe(recipe, data, pool, folder, previous, observer);
  if (const int signal = InterruptGuard::signal(); signal != 0)
    throw Interrupted(signal, "interrupted", fmt::format("{} holds the whole run", folder.string()));
  return outcome;
}

}  // namespace rung::app

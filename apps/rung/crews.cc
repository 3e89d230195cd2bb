#include "crews.h"

#include "interrupt.h"
#include "sweep/sweep_ranks.h"

namespace rung::app {

void CrewOptions::add_jobs_to(CLI::App& command) {
  command
      .add_option("--jobs", jobs,
                  "Runs at a time, one thread each (default: one per core; under mpirun one per process)")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
}

size_t CrewOptions::jobs_or_cores() const {
  if (jobs > 0) return jobs;
  return sweep::Processes::are_launched() ? 1 : static_cast<size_t>(ThreadPool::available_cores());
}

void lead_or_help(const EngineOptions& engine, const CrewOptions& crew,
                  const std::function<void(sweep::Processes*)>& lead) {
  if (!sweep::Processes::are_launched()) return lead(nullptr);
  const auto processes = sweep::Processes::join();
  if (processes->rank() == 0) return lead(processes.get());
  const InterruptGuard guard;
  sweep::help(*processes, {.threads = crew.jobs_or_cores(),
                           .checkpoint_seconds = crew.checkpoint_seconds,
                           .load = [&](recipe::Recipe& recipe) { return engine.load(recipe); },
                           .should_stop = [] { return InterruptGuard::signal() != 0; }});
}

}  // namespace rung::app

// What `sweep` and `search` share: --jobs, and the processes of one mpirun, of which the first leads.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <functional>

#include "options.h"
#include "sweep/mpi.h"

namespace rung::app {

// --jobs, --checkpoint-seconds: the runs that this process carries out.
struct CrewOptions {
  size_t jobs = 0;
  double checkpoint_seconds = 30;

  void add_jobs_to(CLI::App& command);
  // Each of several processes takes one run at a time, because there is one process per core.
  size_t jobs_or_cores() const;
};

// Calls `lead` in the first process, or the only one, which gets no processes; any other helps it.
void lead_or_help(const EngineOptions& engine, const CrewOptions& crew,
                  const std::function<void(sweep::Processes*)>& lead);

}  // namespace rung::app

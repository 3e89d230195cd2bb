// The measured peak of this machine: the yardstick for every reported speed.
#pragma once

#include <cstddef>

#include "base/thread_pool.h"

namespace rung::kernels {

// GFLOP/s of fused multiply-adds (2 FLOP each) on registers, all threads of the pool together; the best of
// several short rounds, on the instruction set that the kernels use.
double peak_gflops(ThreadPool& pool);

// GB/s that all threads read together, each from its own buffer of `bytes_per_thread`, repeatedly; the best
// of several rounds. The size decides which cache serves it.
double read_bandwidth(ThreadPool& pool, size_t bytes_per_thread);

}  // namespace rung::kernels

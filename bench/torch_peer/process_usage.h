// What the operating system knows about this process.
#pragma once

namespace rung::bench {

// Seconds since the process started, including loading; exact to a hundredth of a second.
double seconds_since_process_start();

// The most memory that was ever resident.
double peak_resident_mib();

}  // namespace rung::bench

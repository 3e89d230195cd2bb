#include "bench/machine.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/utsname.h>

#include <cstdlib>
#include <ctime>
#include <fstream>

#include "base/thread_pool.h"
#include "kernels/simd.h"

namespace rung::bench {
namespace {

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    const size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

std::string operating_system() {
  utsname name{};
  uname(&name);
  return fmt::format("{} {} {}", name.sysname, name.release, name.machine);
}

double load_of_last_minute() {
  double load = 0;
  getloadavg(&load, 1);
  return load;
}

}  // namespace

nlohmann::ordered_json describe_machine() {
  return {{"cpu", cpu_model()},
          {"hardware_threads", ThreadPool::available_cores()},
          {"simd", kernels::simd_target()},
          {"system", operating_system()},
          {"compiler", __VERSION__},
          {"load_before", load_of_last_minute()}};
}

std::string utc_now() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
}

}  // namespace rung::bench

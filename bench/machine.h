// Which machine measured, and when.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace rung::bench {

// CPU, its threads, the kernels' instruction set, operating system, compiler, and the load of the last
// minute: other work on the machine is the most common reason for figures that cannot be repeated.
nlohmann::ordered_json describe_machine();

// "2024-05-01T12:30:00Z"
std::string utc_now();

}  // namespace rung::bench

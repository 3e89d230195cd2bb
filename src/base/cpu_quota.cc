// The hierarchies are looked for where every distribution mounts them. Inside a container a group's path may
// be the host's, of which only the end, or nothing, is there: what does not exist limits nothing.
#include "base/cpu_quota.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

namespace rung {
namespace {

namespace fs = std::filesystem;

using Quota = std::optional<double>;

Quota smaller(Quota a, Quota b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

// "max 100000" and a quota of -1 stand for no limit.
Quota ratio(std::istream&& quota, std::istream&& period) {
  double time = 0;
  double of = 0;
  if (quota >> time && period >> of && time > 0 && of > 0) return time / of;
  return std::nullopt;
}

Quota own_quota_v2(const fs::path& group) {
  std::string time;
  std::string of;
  std::ifstream(group / "cpu.max") >> time >> of;
  return ratio(std::istringstream(time), std::istringstream(of));
}

Quota own_quota_v1(const fs::path& group) {
  return ratio(std::ifstream(group / "cpu.cfs_quota_us"), std::ifstream(group / "cpu.cfs_period_us"));
}

// Of the group called `name` and of those above it, up to the hierarchy's root.
Quota quota_upwards(const fs::path& hierarchy, const fs::path& name, Quota (*own_quota)(const fs::path&)) {
  Quota quota = own_quota(hierarchy);
  fs::path group = hierarchy;
  for (const fs::path& part : name.relative_path()) quota = smaller(quota, own_quota(group /= part));
  return quota;
}

bool has_controller(const std::string& list, const std::string& name) {
  return ("," + list + ",").find("," + name + ",") != std::string::npos;
}

}  // namespace

std::optional<double> cpu_quota(const fs::path& root) {
  const fs::path mounts = root / "sys/fs/cgroup";
  std::ifstream groups(root /
                       "proc/self/cgroup");  // lines "hierarchy:controllers:path"; version 2: "0::path"
  Quota quota;
  std::string hierarchy;
  std::string controllers;
  std::string name;
  while (std::getline(groups, hierarchy, ':') && std::getline(groups, controllers, ':') &&
         std::getline(groups, name)) {
    if (controllers.empty()) quota = smaller(quota, quota_upwards(mounts, name, own_quota_v2));
    if (has_controller(controllers, "cpu"))
      quota = smaller(quota, quota_upwards(mounts / "cpu", name, own_quota_v1));
  }
  return quota;
}

}  // namespace rung

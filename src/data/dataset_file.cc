// A file is recognised as compressed by its content, never by its name.
#include "data/dataset_file.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/sha256.h"
#include "data/gzip.h"

namespace rung::data {

RawFile read_dataset_file(const std::filesystem::path& folder, DatasetFile file) {
  std::error_code ignored;
  const std::string name(kFileNames[file]);
  for (const auto& path : {folder / name, folder / (name + ".gz")}) {
    if (std::filesystem::exists(path, ignored))
      return uncompressed(path.string(), read_file(path, kMaxIdxBytes));
  }
  throw IoError(fmt::format("cannot find {} or {}.gz", (folder / name).string(), name));
}

RawFile uncompressed(std::string place, std::vector<std::byte> bytes) {
  if (!is_gzip(bytes)) return {std::move(place), std::move(bytes)};
  auto content = gunzip(bytes, place, kMaxIdxBytes);
  return {place + " (decompressed)", std::move(content)};
}

IdxArray parse_dataset_file(const RawFile& raw, DatasetFile file) {
  const bool images = file == kTrainImages || file == kTestImages;
  return parse_idx(raw.bytes, raw.place, images ? 3 : 1);
}

void check_sha256(const RawFile& raw, const DatasetInfo& info, DatasetFile file) {
  const std::string found = sha256_hex(raw.bytes);
  if (found != info.sha256[file])
    throw DataError(fmt::format("{}: SHA-256 of the {} bytes is {}, but {}'s {} has {}", raw.place,
                                raw.bytes.size(), found, info.name, kFileNames[file], info.sha256[file]));
}

}  // namespace rung::data

// Finding, reading and checking one of a dataset's four files; shared by loading and fetching.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/idx.h"
#include "data/registry.h"

namespace rung::data {

// A file's uncompressed content, and its name for messages.
struct RawFile {
  std::string place;
  std::vector<std::byte> bytes;
};

// The names that the file may have, without ".gz"; the first that exists is read. The first of all is the
// published one, "t10k-images-idx3-ubyte"; copies are also called "t10k-images.idx3-ubyte" and
// "test-images-idx3-ubyte".
std::vector<std::string> spellings_of(DatasetFile file);

// The path of the file, plain or with ".gz"; none if it does not exist.
std::optional<std::filesystem::path> find_dataset_file(const std::filesystem::path& folder, DatasetFile file);

// Throws IoError, which names files that look alike, if the file does not exist or cannot be read; DataError
// if it is too large or does not decompress.
RawFile read_dataset_file(const std::filesystem::path& folder, DatasetFile file);

// Decompresses `bytes` if their content is gzip, whatever the name says.
RawFile uncompressed(std::string place, std::vector<std::byte> bytes);

// The images [N,H,W] or labels [N] in it. Throws DataError as parse_idx does.
IdxArray parse_dataset_file(const RawFile& raw, DatasetFile file);

// Throws DataError unless the bytes are the published ones.
void check_sha256(const RawFile& raw, const DatasetInfo& info, DatasetFile file);

}  // namespace rung::data

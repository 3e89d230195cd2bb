// The safetensors format (huggingface/safetensors), float32 and uint8 tensors only: eight bytes of header
// size, a JSON header with each tensor's type, shape and byte range, then the bytes. Any tool that reads the
// format reads these.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace rung::train {

struct SafeTensors {
  struct Floats {
    std::vector<int64_t> shape;
    std::vector<float> values;
  };
  struct Bytes {
    std::vector<int64_t> shape;
    std::vector<uint8_t> values;
  };
  std::map<std::string, std::string> metadata;
  std::map<std::string, Floats> floats;
  std::map<std::string, Bytes> bytes;

  // The tensor of that name and number of values. Throws DataError, naming `file`, if it is missing or has
  // another size.
  const Floats& floats_at(const std::string& name, size_t size, const std::filesystem::path& file) const;
};

// The largest model with its average and Adam takes 4 GiB.
inline constexpr uint64_t kMaxSafetensorsBytes = uint64_t{8} << 30;

// `file` names the bytes in error messages. Throws DataError (file and byte offset) for anything malformed:
// overlapping or missing ranges, sizes that overflow, unknown types, trailing bytes.
SafeTensors parse_safetensors(std::span<const std::byte> bytes, const std::string& file);

// The same from a file. Throws IoError if it cannot be read, DataError also if it has more than `most_bytes`.
SafeTensors read_safetensors(const std::filesystem::path& path, uint64_t most_bytes = kMaxSafetensorsBytes);

// The file's content: the same for the same tensors.
std::string to_bytes(const SafeTensors& tensors);

// Replaces the file atomically. Throws IoError.
void write_safetensors(const std::filesystem::path& path, const SafeTensors& tensors);

}  // namespace rung::train

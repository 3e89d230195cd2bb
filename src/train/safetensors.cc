#include "train/safetensors.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/json_format.h"
#include "base/text.h"

namespace rung::train {
namespace {

using nlohmann::json;

static_assert(std::endian::native == std::endian::little, "the format is little-endian");

constexpr uint64_t kMaxHeaderBytes = uint64_t{16} << 20;
constexpr size_t kSizeBytes = 8;

// Reads one file; every error names it and the byte offset.
class SafeTensorsReader {
 public:
  SafeTensorsReader(std::span<const std::byte> bytes, const std::string& file) : file_(file), bytes_(bytes) {}

  SafeTensors read() {
    const json header = read_header();
    SafeTensors result;
    std::map<uint64_t, uint64_t> ranges;  // begin to end
    for (const auto& [name, entry] : header.items()) {
      if (name == "__metadata__") {
        result.metadata = metadata(entry);
      } else {
        const auto [begin, end] = read_tensor(name, entry, result);
        if (begin != end && !ranges.emplace(begin, end).second) fail(data_start_, "two tensors share bytes");
      }
    }
    uint64_t covered = 0;
    for (const auto& [begin, end] : ranges) {
      if (begin != covered) fail(data_start_ + covered, "the tensors overlap or leave a gap");
      covered = end;
    }
    if (covered != data().size()) fail(data_start_ + covered, "bytes that belong to no tensor");
    return result;
  }

 private:
  [[noreturn]] void fail(size_t offset, const std::string& what) const {
    throw DataError(fmt::format("{}: byte {}: {}", file_, offset, what));
  }

  // The file's name for a tensor, fit for a message.
  static std::string quoted(std::string_view tensor) { return fmt::format("tensor `{}`", quotable(tensor)); }

  std::span<const std::byte> data() const { return bytes_.subspan(data_start_); }

  json read_header() {
    uint64_t size = 0;
    if (bytes_.size() < kSizeBytes) fail(bytes_.size(), "shorter than a safetensors header");
    std::memcpy(&size, bytes_.data(), kSizeBytes);
    if (size > kMaxHeaderBytes || size > bytes_.size() - kSizeBytes)
      fail(0, fmt::format("a header of {} bytes does not fit the file", size));
    data_start_ = kSizeBytes + size;
    json header = parse_json({reinterpret_cast<const char*>(bytes_.data()) + kSizeBytes, size});
    if (!header.is_object()) fail(kSizeBytes, "the header is not a JSON object");
    return header;
  }

  std::map<std::string, std::string> metadata(const json& entry) const {
    std::map<std::string, std::string> result;
    if (!entry.is_object()) fail(kSizeBytes, "the metadata is not a JSON object");
    for (const auto& [key, value] : entry.items()) {
      if (!value.is_string()) fail(kSizeBytes, "the metadata holds something that is not text");
      result[key] = value.get<std::string>();
    }
    return result;
  }

  // Returns the begin and end of the tensor's bytes in the data.
  std::pair<uint64_t, uint64_t> read_tensor(const std::string& name, const json& entry,
                                            SafeTensors& result) const {
    if (!entry.is_object() || !entry.contains("dtype") || !entry.contains("shape") ||
        !entry.contains("data_offsets"))
      fail(kSizeBytes, quoted(name) + " lacks its type, shape or offsets");
    const auto shape = unsigned_numbers(name, entry["shape"]);
    const auto range = unsigned_numbers(name, entry["data_offsets"]);
    const bool is_float = entry["dtype"] == "F32";
    if (!is_float && entry["dtype"] != "U8") fail(kSizeBytes, quoted(name) + " is neither F32 nor U8");
    uint64_t size = is_float ? sizeof(float) : 1;
    for (const int64_t side : shape) {
      if (side != 0 && size > kMaxSafetensorsBytes / static_cast<uint64_t>(side))
        fail(kSizeBytes, quoted(name) + " is too large");
      size *= static_cast<uint64_t>(side);
    }
    if (range.size() != 2 || range[0] > range[1] || static_cast<uint64_t>(range[1]) > data().size() ||
        static_cast<uint64_t>(range[1] - range[0]) != size)
      fail(kSizeBytes, quoted(name) + " has a shape that does not match its bytes");
    const auto from = data().subspan(static_cast<size_t>(range[0]), size);
    if (is_float) {
      result.floats[name] = {shape, copy<float>(from)};
    } else {
      result.bytes[name] = {shape, copy<uint8_t>(from)};
    }
    return {static_cast<uint64_t>(range[0]), static_cast<uint64_t>(range[1])};
  }

  std::vector<int64_t> unsigned_numbers(const std::string& name, const json& list) const {
    std::vector<int64_t> numbers;
    if (!list.is_array()) fail(kSizeBytes, quoted(name) + ": a list of sizes is missing");
    for (const json& number : list) {
      if (!number.is_number_unsigned() || number.get<uint64_t>() > kMaxSafetensorsBytes)
        fail(kSizeBytes, quoted(name) + " has a size that is not an integer, or too large");
      numbers.push_back(number.get<int64_t>());
    }
    return numbers;
  }

  template <typename T>
  static std::vector<T> copy(std::span<const std::byte> from) {
    std::vector<T> values(from.size() / sizeof(T));
    if (!values.empty()) std::memcpy(values.data(), from.data(), from.size());
    return values;
  }

  const std::string& file_;
  std::span<const std::byte> bytes_;
  size_t data_start_ = kSizeBytes;
};

template <typename Tensor>
std::string_view bytes_of(const Tensor& tensor) {
  return {reinterpret_cast<const char*>(tensor.values.data()),
          tensor.values.size() * sizeof(tensor.values[0])};
}

// The header, and in `end` the bytes of all tensors.
json header_of(const SafeTensors& tensors, size_t& end) {
  json header;
  if (!tensors.metadata.empty()) header["__metadata__"] = tensors.metadata;
  const auto add = [&](const std::string& name, const auto& tensor, const char* type) {
    const size_t begin = end;
    end += bytes_of(tensor).size();
    header[name] = {{"dtype", type}, {"shape", tensor.shape}, {"data_offsets", {begin, end}}};
  };
  for (const auto& [name, tensor] : tensors.floats) add(name, tensor, "F32");
  for (const auto& [name, tensor] : tensors.bytes) add(name, tensor, "U8");
  return header;
}

}  // namespace

const SafeTensors::Floats& SafeTensors::floats_at(const std::string& name, size_t size,
                                                  const std::filesystem::path& file) const {
  const auto found = floats.find(name);
  if (found == floats.end()) throw DataError(fmt::format("{}: there is no tensor `{}`", file.string(), name));
  if (found->second.values.size() != size) {
    throw DataError(fmt::format("{}: tensor `{}` has {} values, but the model needs {}", file.string(), name,
                                found->second.values.size(), size));
  }
  return found->second;
}

SafeTensors parse_safetensors(std::span<const std::byte> bytes, const std::string& file) {
  return SafeTensorsReader(bytes, file).read();
}

SafeTensors read_safetensors(const std::filesystem::path& path, uint64_t most_bytes) {
  return parse_safetensors(read_file(path, most_bytes), path.string());
}

std::string to_bytes(const SafeTensors& tensors) {
  size_t data = 0;
  std::string text = header_of(tensors, data).dump();
  text.append((kSizeBytes - text.size() % kSizeBytes) % kSizeBytes, ' ');  // keeps the tensors aligned
  const uint64_t size = text.size();
  std::string file(reinterpret_cast<const char*>(&size), kSizeBytes);
  file.reserve(kSizeBytes + size + data);
  file += text;
  for (const auto& [name, tensor] : tensors.floats) file += bytes_of(tensor);
  for (const auto& [name, tensor] : tensors.bytes) file += bytes_of(tensor);
  return file;
}

void write_safetensors(const std::filesystem::path& path, const SafeTensors& tensors) {
  replace_file(path, to_bytes(tensors));
}

}  // namespace rung::train

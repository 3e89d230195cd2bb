// Whole-file reading and atomic replacement: a reader sees the old file or the new one, never half of either.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rung {

// Reads a whole regular file. Throws IoError if it cannot be read, DataError if it is larger than
// `max_bytes`.
std::vector<std::byte> read_file(const std::filesystem::path& path, uint64_t max_bytes);
std::string read_text_file(const std::filesystem::path& path, uint64_t max_bytes);

// Writes to a temporary file in the same folder, syncs it and renames it over `path`. Throws IoError, with
// the temporary file removed and `path` untouched.
void replace_file(const std::filesystem::path& path, std::span<const std::byte> bytes);
void replace_file(const std::filesystem::path& path, std::string_view text);

// Creates a folder and its parents. Throws IoError if that fails or the folder cannot be written to.
void make_writable_folder(const std::filesystem::path& path);

}  // namespace rung

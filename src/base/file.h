// Whole-file reading and atomic replacement: a reader sees the old file or the new one, never half of either.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace rung {

// Whether there is something. Throws IoError where that cannot be found out: what is there must not be taken
// for missing.
bool is_there(const std::filesystem::path& path);

// Reads a whole regular file. Throws IoError if it cannot be read, DataError if it is larger than
// `max_bytes`.
std::vector<std::byte> read_file(const std::filesystem::path& path, uint64_t max_bytes);
std::string read_text_file(const std::filesystem::path& path, uint64_t max_bytes);

// Throws NoSpaceError if `error`, an errno, says that the disk is full, else IoError: "cannot write PATH:
// ...".
[[noreturn]] void throw_cannot_write(const std::filesystem::path& path, int error);

// Whether to wait until the disk has what was written. Without, a power cut may leave any content.
enum class Sync { kWait, kNone };

// Writes to a temporary file in the same folder, syncs it, renames it over `path` and syncs the folder. Who
// may read the file is up to the umask. Throws IoError (NoSpaceError), with the temporary file removed and
// `path` untouched.
void replace_file(const std::filesystem::path& path, std::span<const std::byte> bytes,
                  Sync sync = Sync::kWait);
void replace_file(const std::filesystem::path& path, std::string_view text, Sync sync = Sync::kWait);

// Writes to a place that a user has named: as replace_file() does, in the place of what a symbolic link leads
// to, but into a pipe or a device. Throws IoError (NoSpaceError).
void write_output(const std::filesystem::path& path, std::span<const std::byte> bytes);
void write_output(const std::filesystem::path& path, std::string_view text);

// What is in a folder, in any order; nothing, or a part, and the reason in `error` if it cannot be read.
std::vector<std::filesystem::path> entries_of(const std::filesystem::path& folder, std::error_code& error);

// Removes the temporary files that processes left which were killed while they replaced `path`. Not to be
// called while another process does so.
void remove_leftovers_of(const std::filesystem::path& path);

// Gives the file `path` the name `other` as well, in the place of what had it; replace_file(path) then leaves
// there what `path` holds now. Does nothing if there is no `path`. Throws IoError.
void keep_as(const std::filesystem::path& path, const std::filesystem::path& other);

// Creates a folder and its parents, and syncs where they were made. Throws IoError (NoSpaceError) if that
// fails or the folder cannot be written to.
void make_writable_folder(const std::filesystem::path& path);

}  // namespace rung

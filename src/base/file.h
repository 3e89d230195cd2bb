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

// What the system says of an errno: "No such file or directory".
std::string reason(int error);

// Whether the path exists. Throws IoError if that cannot be determined: an existing file must not be taken
// for missing.
bool is_there(const std::filesystem::path& path);

// Reads a whole regular file. Throws IoError if it cannot be read, DataError if it is larger than
// `max_bytes`.
std::vector<std::byte> read_file(const std::filesystem::path& path, uint64_t max_bytes);
std::string read_text_file(const std::filesystem::path& path, uint64_t max_bytes);

// Throws NoSpaceError if `error`, an errno, says that the disk is full, else IoError: "cannot write PATH:
// ...".
[[noreturn]] void throw_cannot_write(const std::filesystem::path& path, int error);

// Whether to wait until the data is on disk. Without waiting, a power cut may leave any content.
enum class Sync { kWait, kNone };

// Writes to a temporary file in the same folder, syncs it, renames it over `path` and syncs the folder. The
// umask decides who may read the file. Throws IoError (NoSpaceError), with the temporary file removed and
// `path` untouched.
void replace_file(const std::filesystem::path& path, std::span<const std::byte> bytes,
                  Sync sync = Sync::kWait);
void replace_file(const std::filesystem::path& path, std::string_view text, Sync sync = Sync::kWait);

// Appends to a file that has `size` bytes, and waits until the disk has it all. A reader may see the text cut
// short at any byte. Returns false, and changes nothing, unless `path` is a regular file of that size and has
// no other name: then replace_file() writes what append_to_file() cannot. Throws IoError (NoSpaceError), with
// the file as it was.
bool append_to_file(const std::filesystem::path& path, uint64_t size, std::string_view text);

// Writes to a path that a user named: replaces the file, or a symbolic link's target, as replace_file() does,
// but writes into a pipe or device. Throws IoError (NoSpaceError).
void write_output(const std::filesystem::path& path, std::span<const std::byte> bytes);
void write_output(const std::filesystem::path& path, std::string_view text);

// A folder's entries, in any order. If it cannot be read: none or some of them, and the reason in `error`.
std::vector<std::filesystem::path> entries_of(const std::filesystem::path& folder, std::error_code& error);

// Removes the temporary files that killed processes left while replacing `path`. Must not be called while
// another process replaces it.
void remove_leftovers_of(const std::filesystem::path& path);

// Gives the file `path` the second name `other`, replacing any file of that name; after replace_file(path),
// `other` still holds the old content. Does nothing if `path` does not exist. Throws IoError.
void keep_as(const std::filesystem::path& path, const std::filesystem::path& other);

// Creates a folder and its parents, and syncs the folders that hold them. Throws IoError (NoSpaceError) if
// that fails or the folder is not writable.
void make_writable_folder(const std::filesystem::path& path);

}  // namespace rung

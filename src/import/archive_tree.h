// Files in a zip or tar archive, by libarchive. Nothing is extracted to a path that the archive chooses:
// contents stay in memory.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "import/file_tree.h"

namespace rung::imports {

// Whether the file's content is that of a zip or tar archive, the latter perhaps compressed by gzip or bzip2.
// NumPy's .npz files, which are zip archives too, count as files. Throws IoError if it cannot be read.
bool is_archive(const std::filesystem::path& file);

// Throws DataError if the archive is damaged or encrypted, holds links, special files, paths that lead out of
// it or one path twice, or claims to hold more than can be imported.
std::unique_ptr<FileTree> make_archive_tree(const std::filesystem::path& file);
// ... which messages call `name`.
std::unique_ptr<FileTree> make_archive_tree(const std::filesystem::path& file, const std::string& name);

}  // namespace rung::imports

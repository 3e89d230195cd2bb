// The archive is in memory; nothing it says about itself is trusted unchecked.
#include "fetch/archive.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "import/libarchive.h"

namespace rung::fetch {
namespace {

using imports::ArchiveReader;
using imports::libarchive;

[[noreturn]] void fail(const std::string& file, const std::string& what) {
  throw DataError(fmt::format("{}: {}", file, what));
}

std::string reason(archive* reader) {
  const char* text = libarchive().error_string(reader);
  return text != nullptr ? text : "unknown error";
}

// `bytes` must outlive the reader.
ArchiveReader open_archive(std::span<const std::byte> bytes, const std::string& file) {
  ArchiveReader reader = imports::new_archive_reader();
  libarchive().support_tar(reader.get());
  if (libarchive().open_memory(reader.get(), bytes.data(), bytes.size()) != ARCHIVE_OK)
    fail(file, reason(reader.get()));
  return reader;
}

// The stated size is checked against the bound first and against the data afterwards.
std::vector<std::byte> read_member(archive* reader, archive_entry* entry, const std::string& name,
                                   const std::string& file, size_t max_bytes) {
  if (libarchive().entry_filetype(entry) != AE_IFREG) fail(file, name + " is not a regular file");
  const auto size = static_cast<uint64_t>(libarchive().entry_size(entry));
  if (size > max_bytes)
    fail(file, fmt::format("{} has {} bytes, more than the {} of the archive", name, size, max_bytes));
  std::vector<std::byte> content(size);
  size_t filled = 0;
  while (filled < content.size()) {
    const la_ssize_t got = libarchive().read_data(reader, content.data() + filled, content.size() - filled);
    if (got < 0) fail(file, fmt::format("{}: byte {}: {}", name, filled, reason(reader)));
    if (got == 0) fail(file, fmt::format("{}: ends at byte {} of {}", name, filled, size));
    filled += static_cast<size_t>(got);
  }
  return content;
}

}  // namespace

std::vector<std::vector<std::byte>> read_tar_members(std::span<const std::byte> bytes,
                                                     const std::string& file,
                                                     std::span<const std::string> names) {
  const ArchiveReader reader = open_archive(bytes, file);
  std::vector<std::optional<std::vector<std::byte>>> found(names.size());
  archive_entry* entry = nullptr;
  int result = ARCHIVE_OK;
  while ((result = libarchive().next_header(reader.get(), &entry)) == ARCHIVE_OK) {
    const char* name = libarchive().entry_pathname(entry);
    const auto match = std::ranges::find(names, std::string_view(name != nullptr ? name : ""));
    if (match == names.end()) continue;
    auto& slot = found[static_cast<size_t>(match - names.begin())];
    if (slot) fail(file, *match + " is there twice");
    slot = read_member(reader.get(), entry, *match, file, bytes.size());
  }
  if (result != ARCHIVE_EOF) fail(file, reason(reader.get()));
  std::vector<std::vector<std::byte>> contents;
  for (size_t i = 0; i < names.size(); ++i) {
    if (!found[i]) fail(file, fmt::format("holds no file {}", names[i]));
    contents.push_back(std::move(*found[i]));
  }
  return contents;
}

}  // namespace rung::fetch

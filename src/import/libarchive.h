// The functions of libarchive that are used, which is loaded by the first of them.
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <memory>
#include <new>

#include "base/shared_library.h"

namespace rung::imports {

struct LibArchive {
  SharedLibrary library{RUNG_LIBARCHIVE};
  decltype(&archive_error_string) error_string = library["archive_error_string"];
  decltype(&archive_set_error) set_error = library["archive_set_error"];
  decltype(&archive_read_new) read_new = library["archive_read_new"];
  decltype(&archive_read_free) read_free = library["archive_read_free"];
  decltype(&archive_read_support_filter_gzip) support_gzip = library["archive_read_support_filter_gzip"];
  decltype(&archive_read_support_filter_bzip2) support_bzip2 = library["archive_read_support_filter_bzip2"];
  decltype(&archive_read_support_format_raw) support_raw = library["archive_read_support_format_raw"];
  decltype(&archive_read_support_format_tar) support_tar = library["archive_read_support_format_tar"];
  decltype(&archive_read_support_format_zip_seekable) support_zip =
      library["archive_read_support_format_zip_seekable"];
  decltype(&archive_read_open) open = library["archive_read_open"];
  decltype(&archive_read_open_filename) open_filename = library["archive_read_open_filename"];
  decltype(&archive_read_open_memory) open_memory = library["archive_read_open_memory"];
  decltype(&archive_read_next_header) next_header = library["archive_read_next_header"];
  decltype(&archive_read_data) read_data = library["archive_read_data"];
  decltype(&archive_entry_filetype) entry_filetype = library["archive_entry_filetype"];
  decltype(&archive_entry_hardlink) entry_hardlink = library["archive_entry_hardlink"];
  decltype(&archive_entry_is_encrypted) entry_is_encrypted = library["archive_entry_is_encrypted"];
  decltype(&archive_entry_pathname) entry_pathname = library["archive_entry_pathname"];
  decltype(&archive_entry_pathname_utf8) entry_pathname_utf8 = library["archive_entry_pathname_utf8"];
  decltype(&archive_entry_size) entry_size = library["archive_entry_size"];
  decltype(&archive_entry_size_is_set) entry_size_is_set = library["archive_entry_size_is_set"];
};

// Throws IoError if it is not there.
inline const LibArchive& libarchive() {
  static const LibArchive loaded;
  return loaded;
}

struct CloseArchive {
  void operator()(archive* reader) const { libarchive().read_free(reader); }
};
using ArchiveReader = std::unique_ptr<archive, CloseArchive>;

// Throws IoError, std::bad_alloc.
inline ArchiveReader new_archive_reader() {
  ArchiveReader reader(libarchive().read_new());
  if (!reader) throw std::bad_alloc();
  return reader;
}

}  // namespace rung::imports

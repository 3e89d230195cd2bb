// What the tests of imports share: sources made of few pixels, and the dataset that comes out.
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "data/dataset.h"
#include "data/dataset_description.h"
#include "data/png.h"
#include "data_test_files.h"
#include "import/import.h"

namespace rung::imports {

// An entry of an archive: a file, or a link if it has a target.
struct Entry {
  std::string path;
  std::string content;
  std::string link = "";
};

// A zip archive, or a tar archive compressed by gzip.
inline std::string archive_bytes(const std::vector<Entry>& entries, bool zip = true) {
  std::string bytes(1 << 20, '\0');
  size_t used = 0;
  archive* writer = archive_write_new();
  if (zip) {
    archive_write_set_format_zip(writer);
  } else {
    archive_write_set_format_pax_restricted(writer);
    archive_write_add_filter_gzip(writer);
  }
  EXPECT_EQ(archive_write_open_memory(writer, bytes.data(), bytes.size(), &used), ARCHIVE_OK);
  for (const Entry& one : entries) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, one.path.c_str());
    archive_entry_set_filetype(entry, !one.link.empty()         ? AE_IFLNK
                                      : one.path.ends_with('/') ? AE_IFDIR
                                                                : AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, static_cast<la_int64_t>(one.content.size()));
    if (!one.link.empty()) archive_entry_set_symlink(entry, one.link.c_str());
    EXPECT_EQ(archive_write_header(writer, entry), ARCHIVE_OK) << archive_error_string(writer);
    archive_write_data(writer, one.content.data(), one.content.size());
    archive_entry_free(entry);
  }
  archive_write_free(writer);
  bytes.resize(used);
  return bytes;
}

inline std::string text_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class ImportTest : public testing::Test {
 protected:
  ImportTest() { options_.out = root() / "out"; }

  const std::filesystem::path& root() const { return folder_.path(); }

  std::filesystem::path write(const std::string& name, const std::vector<std::byte>& bytes) const {
    const auto path = root() / name;
    std::filesystem::create_directories(path.parent_path());
    data::write_bytes(path, bytes);
    return path;
  }
  std::filesystem::path write(const std::string& name, const std::string& text) const {
    const auto bytes = std::as_bytes(std::span(text));
    return write(name, std::vector<std::byte>(bytes.begin(), bytes.end()));
  }
  // A grey picture of one row.
  void write_picture(const std::string& name, const std::vector<uint8_t>& pixels) const {
    write(name, data::encode_png(data::Image{1, static_cast<int>(pixels.size()), pixels}));
  }

  Imported import(const std::vector<std::string>& sources) {
    options_.sources.clear();
    for (const std::string& source : sources) options_.sources.push_back(root() / source);
    ThreadPool pool(3);
    return import_images(options_, {.pool = pool, .progress = {}});
  }
  // The dataset that importing the sources writes.
  data::Dataset imported(const std::vector<std::string>& sources) {
    std::filesystem::remove_all(options_.out);
    import(sources);
    return data::load_dataset(options_.out.string() + "/", "unused");
  }
  // The message and hint of the error that importing them throws; nothing may be left then.
  std::string error_of(const std::vector<std::string>& sources) {
    std::filesystem::remove_all(options_.out);
    std::string text = "no error";
    try {
      import(sources);
    } catch (const Error& error) {
      text = std::string(error.what()) + " | " + error.hint();
    }
    for (size_t at; (at = text.find(root().string() + "/")) != std::string::npos;)
      text.erase(at, root().string().size() + 1);
    for (const auto& entry : std::filesystem::directory_iterator(root()))
      EXPECT_FALSE(entry.path().filename().string().ends_with(".import")) << entry;
    EXPECT_FALSE(std::filesystem::exists(options_.out));
    return text;
  }

  data::TemporaryFolder folder_;
  Options options_;
};

}  // namespace rung::imports

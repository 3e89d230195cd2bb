// Where downloads lie until their dataset is complete: ROOT/.downloads/FAMILY. After an interruption they
// stay, and the next fetch goes on from there; then they are removed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "fetch/download.h"

namespace rung::fetch {

class DownloadFolder {
 public:
  // Nothing is created before a file is asked for.
  DownloadFolder(const std::filesystem::path& root, const std::string& family);
  // Removes the folder if it is empty.
  ~DownloadFolder();
  DownloadFolder(const DownloadFolder&) = delete;
  DownloadFolder& operator=(const DownloadFolder&) = delete;

  std::filesystem::path path_of(const std::string& name) const { return path_ / name; }

  // Throws DataError if the file is not the right one.
  using Check = std::function<void(const std::filesystem::path& file)>;

  // The file `name`: the one that is here if it passes the check, else from `url`. What does not pass is
  // removed, and if its beginning was from an earlier download, fetched once more as a whole. Throws IoError
  // as download(), and what `check` throws. An empty check judges nothing: no file that is here counts then.
  std::filesystem::path fetch(const std::string& name, const std::string& url, uint64_t max_bytes,
                              const Check& check, const DownloadProgress& progress) const;

  // Removes the file, complete or not.
  void drop(const std::string& name) const;

 private:
  std::filesystem::path parent_;
  std::filesystem::path path_;
};

}  // namespace rung::fetch

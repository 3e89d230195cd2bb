// Downloads one file over HTTPS; what has arrived is kept, and a later download goes on from there. Without a
// network it fails quickly.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "fetch/http.h"

namespace rung::fetch {

// Whether the caller checks that the file is the published one. If so, any address may continue what another
// one began; if not, only the same address, for which the server vouches that the file is still the same.
enum class Checked { kNo, kYes };

// The content of `url` becomes the file `path`, in a folder that exists. While it arrives it is PATH.part,
// which stays if the download ends early. A connection that breaks is taken up again while bytes come. Throws
// IoError, without the URL in the message, if the download fails or is larger than `max_bytes`.
void download(const std::string& url, const std::filesystem::path& path, uint64_t max_bytes, Checked checked,
              const DownloadProgress& progress);

// Removes what download() has left of the file.
void drop_download(const std::filesystem::path& path);

}  // namespace rung::fetch

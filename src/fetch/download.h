// Downloads one file over HTTPS into memory, with libcurl; without a network it fails quickly. Left out:
// resuming, authentication, any other protocol.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace rung::fetch {

// Called regularly with the bytes received and the bytes expected (0 while unknown). If it throws, the
// download ends and download() passes the exception on.
using DownloadProgress = std::function<void(uint64_t done, uint64_t total)>;

// The content of `url`, redirects followed to HTTPS only. Throws IoError, without the URL in the message, if
// the download fails or is larger than `max_bytes`.
std::vector<std::byte> download(const std::string& url, uint64_t max_bytes, const DownloadProgress& progress);

}  // namespace rung::fetch

// Downloading one file over HTTPS into memory, by libcurl, in a way that a machine without a network notices
// quickly. Left out: resuming, authentication, any other protocol.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace rung::data {

// Called now and then with the bytes received and the bytes expected (0 while unknown). It may throw, which
// ends the download and comes out of download().
using DownloadProgress = std::function<void(uint64_t done, uint64_t total)>;

// The content of `url`, redirects followed to HTTPS only. Throws IoError, without the URL in the message, if
// it cannot be had or is larger than `max_bytes`.
std::vector<std::byte> download(const std::string& url, uint64_t max_bytes, const DownloadProgress& progress);

}  // namespace rung::data

// One transfer over HTTPS, by libcurl: the rest of a file, or all of it. Left out: authentication, any other
// protocol, and what to do after a failure (see download.h).
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "fetch/part_file.h"

namespace rung::fetch {

// Called regularly with the bytes of the file that are here and those expected (0 while unknown). If it
// throws, the transfer ends and passes the exception on.
using DownloadProgress = std::function<void(uint64_t done, uint64_t total)>;

struct Request {
  std::string url;
  uint64_t max_bytes = 0;     // of the whole file
  bool is_continued = false;  // asks for what follows the part
  std::string validator;      // of which file; empty: of any
};

enum class Outcome {
  kDone,   // the part is the whole file
  kOther,  // the server has another file than the part's, or not as much: nothing was changed
  kFailed
};

struct Transferred {
  Outcome outcome = Outcome::kFailed;
  std::string reason;  // of a failure, without the address
};

// Redirects are followed to HTTPS only. A server that sends the whole file instead of the rest begins the
// part anew. The certificates that are trusted are the system's, or those of $CURL_CA_BUNDLE or
// $SSL_CERT_FILE. Throws IoError if the file is larger than allowed or the part cannot be written.
Transferred transfer(const Request& request, PartFile& part, const DownloadProgress& progress);

}  // namespace rung::fetch

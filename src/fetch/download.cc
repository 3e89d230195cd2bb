#include "fetch/download.h"

#include <fmt/format.h>

#include <system_error>

#include "base/error.h"

namespace rung::fetch {
namespace {

// Of one address, as long as each brings bytes.
constexpr int kMostAttempts = 20;

// How to go on with what is there.
Request next_request(const std::string& url, const PartFile& part, uint64_t max_bytes, Checked checked) {
  Request request{.url = url, .max_bytes = max_bytes, .is_continued = false, .validator = ""};
  if (part.size() == 0) return request;
  const bool same_address = part.origin().url == url;
  if (same_address) request.validator = part.origin().validator;
  request.is_continued = !request.validator.empty() || checked == Checked::kYes;
  return request;
}

}  // namespace

void download(const std::string& url, const std::filesystem::path& path, uint64_t max_bytes, Checked checked,
              const DownloadProgress& progress) {
  PartFile part(path);
  Transferred last;
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    const uint64_t before = part.size();
    const Request request = next_request(url, part, max_bytes, checked);
    last = transfer(request, part, progress);
    if (last.outcome == Outcome::kDone) return part.complete();
    if (last.outcome == Outcome::kOther && before > 0) {
      part.restart({});
    } else if (part.size() <= before) {
      break;
    }
  }
  throw IoError(part.size() == 0
                    ? last.reason
                    : fmt::format("{} (the {} bytes that have arrived are kept)", last.reason, part.size()));
}

void drop_download(const std::filesystem::path& path) {
  std::error_code ignored;
  for (const char* ending : {"", ".part", ".part.origin"})
    std::filesystem::remove(path.string() + ending, ignored);
}

}  // namespace rung::fetch

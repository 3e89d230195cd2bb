// The limits below decide when to give up on a server.
#include "fetch/http.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "fetch/libcurl.h"

namespace rung::fetch {
namespace {

constexpr long kConnectSeconds = 5;
constexpr long kMostRedirects = 5;
// If a source is slower than this for so long, the next one is tried.
constexpr long kSlowBytesPerSecond = 1000;
constexpr long kSlowSeconds = 10;
constexpr long kOk = 200;
constexpr long kPartialContent = 206;
constexpr long kRangeNotSatisfiable = 416;

struct ContentRange {
  uint64_t first = 0;
  uint64_t size = 0;  // of the whole file; 0: unknown
};

// "bytes 100-999/1000", or with * for the size.
std::optional<ContentRange> parse_content_range(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  if (!text.starts_with(kUnit)) return std::nullopt;
  text.remove_prefix(kUnit.size());
  ContentRange range;
  const auto first = std::from_chars(text.data(), text.data() + text.size(), range.first);
  if (first.ec != std::errc()) return std::nullopt;
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  std::from_chars(text.data() + slash + 1, text.data() + text.size(), range.size);
  return range;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

// The fields of the last answer that say which file it holds.
struct Headers {
  std::string etag;
  std::string last_modified;
  std::string content_range;
  uint64_t length = 0;

  void add(std::string_view line) {
    if (line.starts_with("HTTP/")) *this = {};  // the next answer, after a redirect
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    const std::string name = lowered(line.substr(0, colon));
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (has_control(value)) return;
    if (name == "etag" && value.starts_with('"')) etag = value;  // W/"..." is too weak to tell
    if (name == "last-modified") last_modified = value;
    if (name == "content-range") content_range = value;
    if (name == "content-length") std::from_chars(value.data(), value.data() + value.size(), length);
  }

  const std::string& validator() const { return etag.empty() ? last_modified : etag; }
};

// What libcurl's callbacks share. Exceptions must not cross its C frames.
struct Transfer {
  CURL* handle;
  const Request& request;
  PartFile& part;
  const DownloadProgress& progress;
  Headers headers;
  uint64_t begin;  // bytes of the part before
  bool has_begun = false;
  bool is_other = false;  // the answer does not continue the part
  std::exception_ptr error;

  // Decides by the answer's head what becomes of the part.
  void start() {
    if (has_begun) return;
    has_begun = true;
    long status = 0;
    curl().easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    if (status == kPartialContent) return check_continuation();
    begin = 0;
    part.restart({request.url, headers.validator(), headers.length});
    require_small(headers.length);
  }

  void check_continuation() {
    const auto range = parse_content_range(headers.content_range);
    const Origin& origin = part.origin();
    const bool same_size = !range || range->size == 0 || origin.size == 0 || range->size == origin.size;
    const bool same_file =
        request.validator.empty() || headers.validator().empty() || headers.validator() == request.validator;
    is_other = !request.is_continued || !range || range->first != begin || !same_size || !same_file;
  }

  void require_small(uint64_t size) {
    if (size <= request.max_bytes) return;
    part.restart({});
    throw IoError(fmt::format("larger than the allowed {} bytes", request.max_bytes));
  }

  void take(std::span<const std::byte> bytes) {
    start();
    if (is_other) return;
    require_small(part.size() + bytes.size());
    part.append(bytes);
  }

  // Runs a callback; false if it threw.
  template <typename Task>
  bool guarded(Task task) {
    try {
      task();
      return true;
    } catch (...) {
      error = std::current_exception();
      return false;
    }
  }
};

size_t on_header(char* data, size_t, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  return transfer.guarded([&] { transfer.headers.add({data, count}); }) ? count : 0;
}

size_t on_bytes(char* data, size_t, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const auto bytes = std::as_bytes(std::span(data, count));
  if (!transfer.guarded([&] { transfer.take(bytes); }) || transfer.is_other) return CURL_WRITEFUNC_ERROR;
  return count;
}

// Returns nonzero to end the transfer.
int on_progress(void* user, curl_off_t total, curl_off_t, curl_off_t, curl_off_t) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (!transfer.progress) return 0;
  const uint64_t all = total > 0 ? transfer.begin + static_cast<uint64_t>(total) : 0;
  return transfer.guarded([&] { transfer.progress(transfer.part.size(), all); }) ? 0 : 1;
}

using Handle = std::unique_ptr<CURL, decltype(LibCurl::easy_cleanup)>;
using HeaderList = std::unique_ptr<curl_slist, decltype(LibCurl::slist_free_all)>;

Handle make_handle() {
  static const CURLcode initialised = curl().global_init(CURL_GLOBAL_DEFAULT);
  if (initialised != CURLE_OK) throw IoError("libcurl does not start");
  Handle handle(curl().easy_init(), curl().easy_cleanup);
  if (!handle) throw std::bad_alloc();
  return handle;
}

// The names by which curl's own program and OpenSSL take other certificates than the system's.
void trust_certificates(CURL* handle) {
  for (const char* name : {"CURL_CA_BUNDLE", "SSL_CERT_FILE"}) {
    const char* file = std::getenv(name);
    if (file == nullptr || *file == '\0') continue;
    curl().easy_setopt(handle, CURLOPT_CAINFO, file);
    return;
  }
}

void set_options(CURL* handle, Transfer& transfer, char* message) {
  curl().easy_setopt(handle, CURLOPT_URL, transfer.request.url.c_str());
  curl().easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "https");
  curl().easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, "https");
  curl().easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 1L);
  curl().easy_setopt(handle, CURLOPT_MAXREDIRS, kMostRedirects);
  curl().easy_setopt(handle, CURLOPT_FAILONERROR, 1L);
  curl().easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl().easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl().easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, kSlowBytesPerSecond);
  curl().easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, kSlowSeconds);
  curl().easy_setopt(handle, CURLOPT_ERRORBUFFER, message);
  curl().easy_setopt(handle, CURLOPT_HEADERFUNCTION, &on_header);
  curl().easy_setopt(handle, CURLOPT_HEADERDATA, &transfer);
  curl().easy_setopt(handle, CURLOPT_WRITEFUNCTION, &on_bytes);
  curl().easy_setopt(handle, CURLOPT_WRITEDATA, &transfer);
  curl().easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  curl().easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, &on_progress);
  curl().easy_setopt(handle, CURLOPT_XFERINFODATA, &transfer);
  trust_certificates(handle);
}

// CURLOPT_RESUME_FROM would refuse a server that sends the whole file.
HeaderList ask_for_the_rest(CURL* handle, const Transfer& transfer) {
  HeaderList headers(nullptr, curl().slist_free_all);
  if (!transfer.request.is_continued) return headers;
  curl().easy_setopt(handle, CURLOPT_RANGE, fmt::format("{}-", transfer.begin).c_str());
  if (transfer.request.validator.empty()) return headers;
  headers.reset(
      curl().slist_append(nullptr, fmt::format("If-Range: {}", transfer.request.validator).c_str()));
  if (!headers) throw std::bad_alloc();
  curl().easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
  return headers;
}

}  // namespace

Transferred transfer(const Request& request, PartFile& part, const DownloadProgress& progress) {
  const Handle handle = make_handle();
  Transfer state{handle.get(), request, part,   progress, {}, request.is_continued ? part.size() : 0,
                 false,        false,   nullptr};
  std::array<char, CURL_ERROR_SIZE> message{};
  set_options(handle.get(), state, message.data());
  const HeaderList headers = ask_for_the_rest(handle.get(), state);
  const CURLcode result = curl().easy_perform(handle.get());
  if (state.error) std::rethrow_exception(state.error);
  long status = 0;
  curl().easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  if (state.is_other || (request.is_continued && status == kRangeNotSatisfiable))
    return {Outcome::kOther, "the server has another file than before"};
  if (result != CURLE_OK)
    return {Outcome::kFailed, message[0] != '\0' ? message.data() : curl().easy_strerror(result)};
  if (status != kOk && status != kPartialContent)
    return {Outcome::kFailed, fmt::format("the server answered with status {}", status)};
  state.start();  // of an empty file
  if (state.is_other) return {Outcome::kOther, "the server has another file than before"};
  return {Outcome::kDone, ""};
}

}  // namespace rung::fetch

// One blocking libcurl transfer; the limits below decide when to give up on a source.
#include "fetch/download.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <array>
#include <exception>
#include <memory>
#include <new>

#include "base/error.h"

namespace rung::fetch {
namespace {

constexpr long kConnectSeconds = 5;
constexpr long kMostRedirects = 5;
// If a source is slower than this for so long, the next one is tried.
constexpr long kSlowBytesPerSecond = 1000;
constexpr long kSlowSeconds = 10;

struct Transfer {
  std::vector<std::byte> content;
  uint64_t max_bytes = 0;
  bool too_large = false;
  const DownloadProgress* progress = nullptr;
  std::exception_ptr error;  // exceptions must not cross libcurl's C frames
};

size_t receive(char* data, size_t, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  transfer.too_large = count > transfer.max_bytes - transfer.content.size();
  if (transfer.too_large) return CURL_WRITEFUNC_ERROR;
  try {
    const auto* bytes = reinterpret_cast<const std::byte*>(data);
    transfer.content.insert(transfer.content.end(), bytes, bytes + count);
  } catch (...) {
    transfer.error = std::current_exception();
    return CURL_WRITEFUNC_ERROR;
  }
  return count;
}

// Returns nonzero to end the transfer.
int report(void* user, curl_off_t total, curl_off_t done, curl_off_t, curl_off_t) {
  auto& transfer = *static_cast<Transfer*>(user);
  try {
    if (*transfer.progress) (*transfer.progress)(static_cast<uint64_t>(done), static_cast<uint64_t>(total));
    return 0;
  } catch (...) {
    transfer.error = std::current_exception();
    return 1;
  }
}

using Handle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;

Handle make_handle() {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (initialised != CURLE_OK) throw IoError("libcurl does not start");
  Handle handle(curl_easy_init(), &curl_easy_cleanup);
  if (!handle) throw std::bad_alloc();
  return handle;
}

void set_options(CURL* handle, const std::string& url, Transfer& transfer, char* message) {
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "https");
  curl_easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, "https");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(handle, CURLOPT_MAXREDIRS, kMostRedirects);
  curl_easy_setopt(handle, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, kSlowBytesPerSecond);
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, kSlowSeconds);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, message);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &receive);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, &report);
  curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &transfer);
}

}  // namespace

std::vector<std::byte> download(const std::string& url, uint64_t max_bytes,
                                const DownloadProgress& progress) {
  const Handle handle = make_handle();
  Transfer transfer;
  transfer.max_bytes = max_bytes;
  transfer.progress = &progress;
  std::array<char, CURL_ERROR_SIZE> message{};
  set_options(handle.get(), url, transfer, message.data());
  const CURLcode result = curl_easy_perform(handle.get());
  if (transfer.error) std::rethrow_exception(transfer.error);
  if (transfer.too_large) throw IoError(fmt::format("larger than the allowed {} bytes", max_bytes));
  if (result != CURLE_OK) throw IoError(message[0] != '\0' ? message.data() : curl_easy_strerror(result));
  return std::move(transfer.content);
}

}  // namespace rung::fetch

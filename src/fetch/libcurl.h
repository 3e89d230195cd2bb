// The functions of libcurl that are used, which is loaded by the first of them.
#pragma once

#include <curl/curl.h>

#include "base/shared_library.h"

namespace rung::fetch {

struct LibCurl {
  SharedLibrary library{RUNG_LIBCURL};
  decltype(&curl_global_init) global_init = library["curl_global_init"];
  decltype(&curl_easy_init) easy_init = library["curl_easy_init"];
  decltype(&curl_easy_cleanup) easy_cleanup = library["curl_easy_cleanup"];
  decltype(&curl_easy_setopt) easy_setopt = library["curl_easy_setopt"];
  decltype(&curl_easy_getinfo) easy_getinfo = library["curl_easy_getinfo"];
  decltype(&curl_easy_perform) easy_perform = library["curl_easy_perform"];
  decltype(&curl_easy_strerror) easy_strerror = library["curl_easy_strerror"];
  decltype(&curl_slist_append) slist_append = library["curl_slist_append"];
  decltype(&curl_slist_free_all) slist_free_all = library["curl_slist_free_all"];
};

// Throws IoError if it is not there.
inline const LibCurl& curl() {
  static const LibCurl loaded;
  return loaded;
}

}  // namespace rung::fetch

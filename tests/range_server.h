// An HTTPS server for tests of downloads: tests/range_server.py, with a certificate made for it, which this
// process then trusts through CURL_CA_BUNDLE.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "data_test_files.h"

namespace rung::fetch {

class RangeServer {
 public:
  static constexpr const char* kCertificates = "CURL_CA_BUNDLE";

  RangeServer() {
    std::filesystem::create_directories(files());
    const std::string certificate = (folder_.path() / "certificate.pem").string();
    const std::string key = (folder_.path() / "key.pem").string();
    const std::string make = fmt::format(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "
        "/CN=localhost -addext "
        "subjectAltName=IP:127.0.0.1 -keyout '{}' -out '{}' 2>/dev/null",
        key, certificate);
    if (std::system(make.c_str()) != 0) return;
    const std::string serve = fmt::format("exec python3 '{}/tests/range_server.py' '{}' '{}' '{}'",
                                          RUNG_SOURCE_DIR, files().string(), certificate, key);
    output_ = ::popen(serve.c_str(), "r");
    if (output_ == nullptr || std::fscanf(output_, "%d %d", &port_, &process_) != 2) port_ = 0;
    ::setenv(kCertificates, certificate.c_str(), 1);
    ::setenv("no_proxy", "127.0.0.1", 1);
  }
  ~RangeServer() {
    ::unsetenv(kCertificates);
    if (process_ > 0) ::kill(process_, SIGKILL);
    if (output_ != nullptr) ::pclose(output_);
  }
  RangeServer(const RangeServer&) = delete;
  RangeServer& operator=(const RangeServer&) = delete;

  // False where there is no python3 or openssl.
  bool runs() const { return port_ != 0; }

  std::filesystem::path files() const { return folder_.path() / "files"; }
  void put(const std::string& name, const std::string& content) const {
    std::ofstream(files() / name, std::ios::binary) << content;
  }
  // How the server behaves: see range_server.py. Ends with '/'.
  std::string address(const std::string& mode) const {
    return fmt::format("https://127.0.0.1:{}/{}/", port_, mode);
  }
  // The requests so far: "PATH RANGE IF-RANGE STATUS".
  std::vector<std::string> log() const {
    std::ifstream file(files() / "log");
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }

 private:
  data::TemporaryFolder folder_;
  std::FILE* output_ = nullptr;
  int port_ = 0;
  int process_ = 0;
};

}  // namespace rung::fetch

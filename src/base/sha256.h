// SHA-256 (FIPS 180-4) of a byte sequence, and MD5 (RFC 1321) for what is published with no other checksum,
// by OpenSSL.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct evp_md_ctx_st;  // OpenSSL's

namespace rung {

// 64 lower-case hexadecimal digits.
std::string sha256_hex(std::span<const std::byte> bytes);

// A checksum of a text that comes in pieces.
class Digest {
 public:
  void add(std::string_view piece);
  std::string hex() const;  // of all pieces so far, in lower case; more may follow

 protected:
  // `name` is OpenSSL's.
  explicit Digest(const char* name);

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  using Context = std::unique_ptr<evp_md_ctx_st, Free>;

  Context context_;
};

class Sha256 : public Digest {
 public:
  Sha256() : Digest("SHA256") {}
};

// Two different files may have been made to share it, but no one can make another file for one that exists.
class Md5 : public Digest {
 public:
  Md5() : Digest("MD5") {}
};

}  // namespace rung

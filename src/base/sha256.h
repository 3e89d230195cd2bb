// SHA-256 (FIPS 180-4) of a byte sequence, by OpenSSL.
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

// The same of a text that comes in pieces.
class Sha256 {
 public:
  Sha256();

  void add(std::string_view piece);
  std::string hex() const;  // of all pieces so far; more may follow

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  using Context = std::unique_ptr<evp_md_ctx_st, Free>;

  Context context_;
};

}  // namespace rung

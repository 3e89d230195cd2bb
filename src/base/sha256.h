// SHA-256 (FIPS 180-4) of a byte sequence, by OpenSSL.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace rung {

// 64 lower-case hexadecimal digits.
std::string sha256_hex(std::span<const std::byte> bytes);

}  // namespace rung

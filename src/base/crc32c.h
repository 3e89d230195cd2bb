// CRC-32C (Castagnoli), as in iSCSI (RFC 3720, appendix B.4) and TFRecord files.
#pragma once

#include <cstdint>
#include <string_view>

namespace rung {

uint32_t crc32c(std::string_view bytes);

}  // namespace rung

// fetch::read_tar_members on arbitrary bytes, as they are and with the headers' checksums corrected;
// otherwise hardly any changed header would be read further.
#include <algorithm>
#include <string>
#include <vector>

#include "fetch/archive.h"
#include "target.h"

namespace {

// A POSIX header: its magic word, and the sum of its bytes in octal.
constexpr size_t kBlock = 512;
constexpr size_t kSum = 148;
constexpr size_t kSumDigits = 6;
constexpr size_t kSumBytes = 8;
constexpr size_t kMagic = 257;

bool is_header(std::span<const uint8_t> block) {
  return std::ranges::equal(block.subspan(kMagic, 5), std::string_view("ustar"));
}

void put_sum_right(std::span<uint8_t> header) {
  const auto field = header.subspan(kSum, kSumBytes);
  std::ranges::fill(field, ' ');
  unsigned sum = 0;
  for (const uint8_t byte : header) sum += byte;
  field[kSumDigits] = 0;
  for (size_t digit = kSumDigits; digit-- > 0; sum /= 8) field[digit] = static_cast<uint8_t>('0' + sum % 8);
}

int read_members(std::span<const uint8_t> archive) {
  return rung::fuzz::parse_or_refuse(archive.data(), archive.size(), [](auto bytes) {
    const std::vector<std::string> names = {"package/data/images", "package/data/labels"};
    for (const auto& member : rung::fetch::read_tar_members(bytes, "seed", names))
      rung::fuzz::require(member.size() <= bytes.size(), "no member larger than the archive");
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  read_members({data, size});
  std::vector<uint8_t> mended(data, data + size);
  for (size_t at = 0; at + kBlock <= size; at += kBlock) {
    const auto block = std::span(mended).subspan(at, kBlock);
    if (is_header(block)) put_sum_right(block);
  }
  return read_members(mended);
}

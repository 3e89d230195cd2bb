// The IDX parser and the gzip reader: well-formed input, and one test for each fault in the input.
#include "data/idx.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "data/gzip.h"
#include "data_test_files.h"

namespace rung::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Runs `action` and returns the DataError's message; fails the test if there is none.
template <typename Action>
std::string data_error_of(Action action) {
  try {
    action();
  } catch (const DataError& error) {
    return error.what();
  }
  ADD_FAILURE() << "expected a DataError";
  return "";
}

std::string parse_error(const std::vector<std::byte>& bytes, int rank) {
  return data_error_of([&] { parse_idx(bytes, "f.idx", rank); });
}

void append(std::vector<std::byte>& bytes, const std::vector<std::byte>& more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

std::string gunzip_error(const std::vector<std::byte>& bytes, uint64_t max_bytes = 1 << 20) {
  return data_error_of([&] { gunzip(bytes, "f.gz", max_bytes); });
}

TEST(Idx, ReadsImages) {
  const auto array = parse_idx(idx_bytes({2, 1, 3}, {1, 2, 3, 4, 5, 255}), "f.idx", 3);
  EXPECT_THAT(array.dims, ElementsAre(2, 1, 3));
  EXPECT_THAT(array.values, ElementsAre(1, 2, 3, 4, 5, 255));
}

TEST(Idx, ReadsLabels) {
  const auto array = parse_idx(idx_bytes({3}, {7, 0, 9}), "f.idx", 1);
  EXPECT_THAT(array.dims, ElementsAre(3));
  EXPECT_THAT(array.values, ElementsAre(7, 0, 9));
}

TEST(Idx, RefusesAWrongMagicNumber) {
  auto bytes = idx_bytes({1}, {7});
  bytes[0] = std::byte{0x93};
  EXPECT_EQ(parse_error(bytes, 1),
            "f.idx: byte 0: expected the magic number 00000801 of an IDX file of bytes, found 93000801");
  bytes = idx_bytes({1}, {7});
  bytes[2] = std::byte{0x0a};
  EXPECT_EQ(parse_error(bytes, 1),
            "f.idx: byte 0: expected the magic number 00000801 of an IDX file of bytes, found 00000a01");
}

TEST(Idx, SaysWhichTypeItDoesNotRead) {
  auto bytes = idx_bytes({1}, {7});
  bytes[2] = std::byte{0x0d};
  EXPECT_EQ(parse_error(bytes, 1),
            "f.idx: byte 2: the values are 32-bit floating-point numbers (type 0d), but only unsigned bytes "
            "(08) are read");
  bytes[2] = std::byte{0x0b};
  EXPECT_THAT(parse_error(bytes, 1), HasSubstr("the values are 16-bit integers (type 0b)"));
}

TEST(Idx, RefusesAWrongNumberOfDimensions) {
  EXPECT_EQ(parse_error(idx_bytes({1}, {7}), 3),
            "f.idx: byte 3: expected 3 dimensions (images, height, width), found 1");
}

TEST(Idx, RefusesEveryTruncation) {
  const auto whole = idx_bytes({2, 1, 3}, {1, 2, 3, 4, 5, 6});
  for (size_t length = 0; length < whole.size(); ++length) {
    const std::vector<std::byte> part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_THAT(parse_error(part, 3), HasSubstr("f.idx: byte " + std::to_string(length) + ": "));
  }
}

TEST(Idx, RefusesTrailingBytes) {
  EXPECT_EQ(parse_error(idx_bytes({2}, {1, 2, 3}), 1),
            "f.idx: byte 11: expected 2 bytes of values after the header, found 3");
}

TEST(Idx, RefusesAZeroDimension) {
  EXPECT_EQ(parse_error(idx_bytes({1, 0, 3}, {}), 3), "f.idx: byte 8: dimension 1 is 0");
}

TEST(Idx, RefusesDimensionsWhoseProductIsHuge) {
  EXPECT_THAT(parse_error(idx_bytes({0x10000, 0x10000, 1}, {}), 3),
              HasSubstr("f.idx: byte 8: dimensions ask"));
  // This product is 2^64 * 2^32, which wraps around to 0 in 64 bits.
  EXPECT_THAT(parse_error(idx_bytes({0x80000000, 0x80000000, 4}, {}), 3), HasSubstr("f.idx: byte 4: "));
  EXPECT_THAT(parse_error(idx_bytes({0xffffffff}, {}), 1), HasSubstr("f.idx: byte 4: "));
}

TEST(Gzip, RestoresWhatWasCompressed) {
  std::vector<std::byte> content(300'000);
  for (size_t i = 0; i < content.size(); ++i) content[i] = static_cast<std::byte>(i * i >> 7);
  const auto compressed = gzip_bytes(content);
  ASSERT_TRUE(is_gzip(compressed));
  EXPECT_FALSE(is_gzip(content));
  EXPECT_EQ(gunzip(compressed, "f.gz", content.size()), content);
}

TEST(Gzip, RestoresNothing) {
  EXPECT_TRUE(gunzip(gzip_bytes({}), "f.gz", 0).empty());
}

TEST(Gzip, RefusesMoreThanTheBound) {
  const auto bomb = gzip_bytes(std::vector<std::byte>(1 << 20));
  EXPECT_THAT(gunzip_error(bomb, (1 << 20) - 1), HasSubstr("decompresses to more than the 1048575 bytes"));
  EXPECT_THAT(gunzip_error(bomb, 0), HasSubstr("decompresses to more than the 0 bytes"));
}

TEST(Gzip, RefusesEveryTruncation) {
  const auto whole = gzip_bytes(idx_bytes({3}, {7, 0, 9}));
  for (size_t length = 0; length < whole.size(); ++length) {
    const std::vector<std::byte> part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_EQ(gunzip_error(part),
              "f.gz: byte " + std::to_string(length) + ": the gzip stream ends too early");
  }
}

TEST(Gzip, RefusesTrailingBytes) {
  auto bytes = gzip_bytes(idx_bytes({1}, {7}));
  const size_t end = bytes.size();
  append(bytes, {std::byte{0}, std::byte{0}, std::byte{1}});
  EXPECT_EQ(gunzip_error(bytes),
            fmt::format("f.gz: byte {}: 3 bytes follow the end of the gzip stream", end));
}

TEST(Gzip, JoinsMembersAndIgnoresPadding) {
  const auto content = idx_bytes({6}, {7, 0, 9, 1, 2, 3});
  std::vector<std::byte> bytes;
  append(bytes, gzip_bytes({content.begin(), content.begin() + 4}));
  append(bytes, gzip_bytes({}));
  append(bytes, gzip_bytes({content.begin() + 4, content.end()}));
  EXPECT_EQ(gunzip(bytes, "f.gz", content.size()), content);
  append(bytes, std::vector<std::byte>(500));
  EXPECT_EQ(gunzip(bytes, "f.gz", content.size()), content);
}

TEST(Gzip, BoundsAllMembersTogether) {
  const auto half = gzip_bytes(std::vector<std::byte>(1 << 19));
  auto bytes = half;
  append(bytes, half);
  EXPECT_EQ(gunzip(bytes, "f.gz", 1 << 20).size(), size_t{1} << 20);
  EXPECT_THAT(gunzip_error(bytes, (1 << 20) - 1), HasSubstr("decompresses to more than the 1048575 bytes"));
}

TEST(Gzip, RefusesAMemberThatIsCutOffOrDamaged) {
  const auto member = gzip_bytes(idx_bytes({1}, {7}));
  for (size_t length = 1; length < member.size(); ++length) {
    auto bytes = member;
    append(bytes, {member.begin(), member.begin() + static_cast<std::ptrdiff_t>(length)});
    EXPECT_EQ(gunzip_error(bytes),
              fmt::format("f.gz: byte {}: the gzip stream ends too early", bytes.size()));
  }
  auto bytes = member;
  append(bytes, member);
  bytes[bytes.size() - 6] ^= std::byte{1};
  EXPECT_THAT(gunzip_error(bytes), HasSubstr("the gzip stream is damaged"));
}

TEST(Gzip, RefusesADamagedChecksum) {
  auto bytes = gzip_bytes(idx_bytes({1}, {7}));
  bytes[bytes.size() - 6] ^= std::byte{1};
  EXPECT_THAT(gunzip_error(bytes), HasSubstr("the gzip stream is damaged"));
}

}  // namespace
}  // namespace rung::data

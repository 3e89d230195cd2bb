// Brightness, contrast and rotation equal torchvision's in every byte. tests/golden/make_augment_golden.py
// makes the file and documents its format.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/file.h"
#include "data/augment.h"

namespace rung::data {
namespace {

enum Kind { kBrightness, kContrast, kRotation };
constexpr const char* kKindNames[] = {"brightness", "contrast", "rotation"};

// Reads values one after another; the numbers are little-endian, as is every machine the tests run on.
class Reader {
 public:
  explicit Reader(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}

  template <typename T>
  T value() {
    T result;
    std::memcpy(&result, take(sizeof(T)), sizeof(T));
    return result;
  }
  std::vector<uint8_t> pixels(size_t count) {
    const auto* begin = reinterpret_cast<const uint8_t*>(take(count));
    return {begin, begin + count};
  }
  bool at_end() const { return position_ == bytes_.size(); }

 private:
  const std::byte* take(size_t count) {
    if (count > bytes_.size() - position_) throw std::runtime_error("the golden file is truncated");
    position_ += count;
    return bytes_.data() + position_ - count;
  }

  std::vector<std::byte> bytes_;
  size_t position_ = 0;
};

std::vector<uint8_t> transformed(const std::vector<uint8_t>& pixels, int height, int width, int kind,
                                 int fill, double parameter) {
  auto result = pixels;
  if (kind == kBrightness) adjust_brightness(result, static_cast<float>(parameter));
  if (kind == kContrast) adjust_contrast(result, static_cast<float>(parameter));
  if (kind == kRotation)
    rotate(pixels.data(), result.data(), height, width, parameter, static_cast<uint8_t>(fill));
  return result;
}

// Says where the first of the differing pixels is.
void expect_equal(const std::vector<uint8_t>& found, const std::vector<uint8_t>& expected, int width,
                  const std::string& what) {
  const auto [at, expected_at] = std::ranges::mismatch(found, expected);
  if (at == found.end()) return;
  const auto index = at - found.begin();
  ADD_FAILURE() << what << ": row " << index / width << ", column " << index % width << " is " << int{*at}
                << ", torchvision has " << int{*expected_at};
}

void check_image(Reader& golden, int image) {
  const auto height = golden.value<int32_t>();
  const auto width = golden.value<int32_t>();
  const auto cases = golden.value<int32_t>();
  const auto size = static_cast<size_t>(height * width);
  const auto pixels = golden.pixels(size);
  for (int32_t i = 0; i < cases; ++i) {
    const auto kind = golden.value<int32_t>();
    const auto fill = golden.value<int32_t>();
    const auto parameter = golden.value<double>();
    const auto what =
        "image " + std::to_string(image) + ", " + kKindNames[kind] + " " + std::to_string(parameter);
    expect_equal(transformed(pixels, height, width, kind, fill, parameter), golden.pixels(size), width, what);
  }
}

TEST(AugmentGolden, EqualsTorchvision) {
  const auto path = std::filesystem::path(RUNG_SOURCE_DIR) / "tests/golden/augment.bin";
  Reader golden(read_file(path, 1 << 20));
  const auto magic = golden.pixels(8);
  ASSERT_EQ(std::string(magic.begin(), magic.end()), "RUNGAUG1");
  const auto images = golden.value<int32_t>();
  ASSERT_EQ(images, 8);
  for (int32_t image = 0; image < images; ++image) check_image(golden, image);
  EXPECT_TRUE(golden.at_end());
}

}  // namespace
}  // namespace rung::data

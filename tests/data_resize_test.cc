// Images of another size: Pillow's pixels (tests/golden/make_image_golden.py), and nothing lost.
#include "data/resize.h"

#include <gtest/gtest.h>

#include <numeric>

#include "data/png.h"

namespace rung::data {
namespace {

Image golden(const std::string& name) {
  return read_png(std::filesystem::path(RUNG_SOURCE_DIR) / "tests/golden/images" / name);
}

TEST(Resize, GivesWhatPillowGives) {
  const Image image = golden("grey.png");
  for (const char* name : {"small.png", "large.png", "narrow.png"}) {
    const Image expected = golden(name);
    const Image result = resized(image, expected.height, expected.width);
    ASSERT_EQ(result.pixels.size(), expected.pixels.size());
    for (size_t i = 0; i < result.pixels.size(); ++i)
      EXPECT_NEAR(result.pixels[i], expected.pixels[i], 1) << name << " " << i;
  }
}

TEST(Resize, KeepsAnImageOfTheSameSize) {
  const Image image = golden("grey.png");
  EXPECT_EQ(resized(image, image.height, image.width).pixels, image.pixels);
}

TEST(Resize, LosesNoThinLine) {
  Image line{.height = 1, .width = 70, .pixels = std::vector<uint8_t>(70)};
  for (size_t at = 14; at < 56; ++at) {  // away from the ends, where fewer pixels share the weights
    line.pixels.assign(70, 0);
    line.pixels[at] = 255;
    const Image small = resized(line, 1, 10);
    const int sum = std::accumulate(small.pixels.begin(), small.pixels.end(), 0);
    EXPECT_NEAR(sum, 255 / 7.0, 1) << at;  // two pixels share it, each rounded
  }
}

}  // namespace
}  // namespace rung::data

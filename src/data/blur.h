// Gaussian blur of an 8-bit one-channel image with torchvision 0.14's meaning
// (torchvision.transforms.functional.gaussian_blur). torchvision sums up the kernel's rows and columns at
// once, so a pixel may differ by one grey level where the exact value is almost half-way between two.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace rung::data {

// Blurs one image after another without allocating. One per thread.
class Blur {
 public:
  // Preconditions: 1 <= height, width <= 4096.
  Blur(int height, int width);

  // Bytes that its fields take once it has blurred.
  static uint64_t bytes(int height, int width);

  // in, out: [height,width], not overlapping. Preconditions: kernel_size (across, down) is odd, and half of
  // it, rounded down, is less than the width and the height; 0.01 <= sigma.
  void apply(const uint8_t* in, uint8_t* out, std::array<int, 2> kernel_size, double sigma);

 private:
  void blur_across(const uint8_t* in, int half);
  void blur_down(uint8_t* out, int half);

  int height_;
  int width_;
  std::vector<double> kernel_;
  std::vector<float> line_;  // a row with its mirror images; then the sums of a row
  std::vector<float> rows_;  // [height][width], blurred across
};

}  // namespace rung::data

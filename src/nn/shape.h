// Sizes: of kernels and planes, and of one image's activations.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace rung::nn {

// These limits keep every size in 64-bit range, and a typing error from asking for terabytes. kMaxSide also
// bounds kernels, strides and paddings.
inline constexpr int kMaxChannels = 65536;
inline constexpr int kMaxSide = 4096;
inline constexpr size_t kMaxLayers = 10'000;
inline constexpr int kMaxClasses = 256;  // labels are bytes
inline constexpr int64_t kMaxActivationsPerImage = int64_t{1} << 26;
inline constexpr int64_t kMaxParams = int64_t{1} << 28;

// Height and width of a kernel, stride or padding.
struct Size2 {
  int h = 1;
  int w = 1;
  friend bool operator==(const Size2&, const Size2&) = default;

  constexpr std::array<int, 2> sides() const { return {h, w}; }
};

std::string to_text(Size2 size);  // "3×5"

// Shape of one image's activations.
struct Shape {
  int channels = 0;
  int height = 0;
  int width = 0;
  friend bool operator==(const Shape&, const Shape&) = default;

  int64_t elements() const { return int64_t{channels} * height * width; }
};

std::string to_text(const Shape& shape);  // "[8, 26, 26]"

inline Size2 plane(const Shape& shape) {
  return {shape.height, shape.width};
}

}  // namespace rung::nn

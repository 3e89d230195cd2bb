#include "nn/shape.h"

#include <fmt/format.h>

namespace rung::nn {

std::string to_text(Size2 size) {
  return fmt::format("{}×{}", size.h, size.w);
}
std::string to_text(const Shape& shape) {
  return fmt::format("[{}, {}, {}]", shape.channels, shape.height, shape.width);
}

}  // namespace rung::nn

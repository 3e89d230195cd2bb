#include "data/examples.h"

#include <algorithm>
#include <array>

namespace rung::data {

std::vector<uint32_t> in_turn(std::span<const uint8_t> labels, size_t most) {
  std::array<std::vector<uint32_t>, 256> of_class;
  size_t largest = 0;
  for (size_t i = 0; i < labels.size(); ++i) {
    std::vector<uint32_t>& images = of_class[labels[i]];
    if (images.size() < most) images.push_back(static_cast<uint32_t>(i));
    largest = std::max(largest, images.size());
  }
  std::vector<uint32_t> chosen;
  for (size_t round = 0; round < largest; ++round)
    for (const auto& images : of_class)
      if (round < images.size() && chosen.size() < most) chosen.push_back(images[round]);
  return chosen;
}

}  // namespace rung::data

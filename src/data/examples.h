// Which images of a split stand for all of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace rung::data {

// Up to `most` images of all classes in turn: the first image of every class that has one, in the order of
// the classes, then the second ones, and so on. However the images are sorted, every class is seen.
std::vector<uint32_t> in_turn(std::span<const uint8_t> labels, size_t most);

}  // namespace rung::data

// Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy
// as 1, 2, 3", SC 2011). A value depends only on its key and counter, never on the order in which values are
// drawn, so any number of threads draws the same numbers.
#pragma once

#include <array>
#include <cstdint>

#include "base/require.h"

namespace rung {

inline constexpr uint32_t kPhiloxMultiplier0 = 0xD2511F53;
inline constexpr uint32_t kPhiloxMultiplier1 = 0xCD9E8D57;
inline constexpr uint32_t kPhiloxWeyl0 = 0x9E3779B9;
inline constexpr uint32_t kPhiloxWeyl1 = 0xBB67AE85;
inline constexpr int kPhiloxRounds = 10;
// The fewest rounds that pass the paper's tests (BigCrush); for dropout, which draws billions.
inline constexpr int kPhiloxFastRounds = 7;

using PhiloxCounter = std::array<uint32_t, 4>;
using PhiloxKey = std::array<uint32_t, 2>;

constexpr PhiloxCounter philox4x32(PhiloxCounter counter, PhiloxKey key, int rounds = kPhiloxRounds) {
  for (int round = 0; round < rounds; ++round) {
    const uint64_t product0 = uint64_t{kPhiloxMultiplier0} * counter[0];
    const uint64_t product1 = uint64_t{kPhiloxMultiplier1} * counter[2];
    counter = {static_cast<uint32_t>(product1 >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(product1),
               static_cast<uint32_t>(product0 >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(product0)};
    key[0] += kPhiloxWeyl0;
    key[1] += kPhiloxWeyl1;
  }
  return counter;
}

// What a random number is for; the fourth counter word, so that no two uses share a number.
enum class RandomPurpose : uint32_t {
  kInit = 1,
  kShuffle = 2,
  kAugment = 3,
  kDropout = 4,
  kMixUp = 5,
  kSearch = 6
};

constexpr PhiloxKey philox_key(uint64_t seed) {
  return {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)};
}

// The fourth counter word: the purpose, and which layer (or 0) it is for.
constexpr uint32_t purpose_word(RandomPurpose purpose, uint32_t layer = 0) {
  return static_cast<uint32_t>(purpose) | layer << 8;
}

// A sequence of numbers for one (purpose, item, epoch): the counter is (block, item, epoch, purpose).
class RandomStream {
 public:
  constexpr RandomStream(uint64_t seed, RandomPurpose purpose, uint32_t item = 0, uint32_t epoch = 0)
      : key_(philox_key(seed)), counter_{0, item, epoch, purpose_word(purpose)} {}

  constexpr uint32_t next() {
    if (used_ == 4) {
      block_ = philox4x32(counter_, key_);
      ++counter_[0];
      used_ = 0;
    }
    return block_[used_++];
  }

  // Uniform in [0, 1), 24 bits, exactly representable as float.
  constexpr float uniform() { return static_cast<float>(next() >> 8) * 0x1p-24F; }

  // Uniform in [low, high).
  constexpr double uniform(double low, double high) {
    return low + (high - low) * (static_cast<double>(next()) * 0x1p-32);
  }

  // Uniform over 0 .. bound-1 by Lemire's multiply-and-reject ("Fast random integer generation in an
  // interval", 2019). Precondition: bound > 0.
  constexpr uint32_t below(uint32_t bound) {
    RUNG_REQUIRE(bound > 0);
    uint64_t product = uint64_t{next()} * bound;
    if (static_cast<uint32_t>(product) < bound) {
      const uint32_t threshold = (0U - bound) % bound;
      while (static_cast<uint32_t>(product) < threshold) product = uint64_t{next()} * bound;
    }
    return static_cast<uint32_t>(product >> 32);
  }

 private:
  PhiloxKey key_;
  PhiloxCounter counter_;
  PhiloxCounter block_{};
  uint32_t used_ = 4;
};

}  // namespace rung

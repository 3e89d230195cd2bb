// How output channels are cut into register tiles; shared by the packing and the kernels.
#pragma once

namespace rung::kernels {

// 5 output channels x 4 columns of accumulators (AVX-512: 20 of 32 registers) leave room for 4 inputs and a
// broadcast weight, and give 20 independent chains: more than the 8 that 2 FMA ports x 4 cycles of latency
// need. AVX2 (16 registers) uses 5 x 2 = 10.
inline constexpr int kMaxTile = 5;

// Cuts `left` into as few shares of at most `most` as possible, all of nearly equal size. Returns the size of
// the next share.
constexpr int next_share(int left, int most) {
  const int shares = (left + most - 1) / most;
  return (left + shares - 1) / shares;
}

}  // namespace rung::kernels

// Made by tests/targets/code_bytes.py, which says how: what each part of the exported C adds to the code and
// to the stack, in bytes. The rows are those of code_parts(), the columns the targets:
// cortex-m0, cortex-m3, cortex-m4, cortex-m7, cortex-m33, cortex-m55, rv32imc, avr.
#pragma once

#include <array>

namespace rung::chip {

inline constexpr int kCodeProcessors = 8;
using CodeTable = std::array<std::array<int, kCodeProcessors>, 23>;

// clang-format off
inline constexpr CodeTable kCodeBytes{{
    {442, 400, 412, 408, 407, 422, 494, 948},  // all
    {239, 223, 227, 225, 220, 224, 278, 461},  // convolve
    {202, 205, 212, 212, 214, 230, 239, 437},  // convolve_plane
    {97, 119, 122, 120, 119, 118, 117, 145},  // max_windows
    {126, 116, 123, 124, 120, 128, 132, 182},  // mean_windows
    {184, 180, 178, 177, 179, 195, 197, 283},  // max_tiles
    {262, 220, 221, 220, 221, 227, 236, 364},  // mean_tiles
    {331, 316, 312, 316, 313, 298, 393, 801},  // add
    {68, 69, 71, 70, 72, 81, 83, 91},  // look_up
    {148, 198, 206, 208, 205, 186, 196, 342},  // slopes
    {250, 233, 227, 228, 233, 249, 255, 386},  // gather
    {13, 35, 24, 26, 29, 24, 85, -31},  // gather, by several
    {29, 67, 67, 68, 68, 70, 57, -8},  // dot, by several
    {-7, -2, 3, 3, 2, -4, 32, -104},  // dot4
    {0, -48, -42, -43, -46, -53, -11, -82},  // dot2
    {51, 48, 50, 44, 46, 60, 28, 66},  // several queues
    {279, 299, 293, 293, 295, 297, 351, 306},  // padded
    {-4, 3, 5, 6, 5, 3, -6, -3},  // biases of 32 bits
    {-3, 13, 7, 9, 12, 12, 29, 124},  // offsets of 16 bits
    {25, 52, 51, 53, 51, 19, 60, 68},  // shifts up to 32
    {17, 20, 18, 19, 20, 15, 21, 25},  // several channels
    {-21, -25, -24, -23, -24, -26, -21, -27},  // two classes
    {-325, -293, -310, -309, -310, -329, -295, -137},  // one stage
}};
inline constexpr CodeTable kStackBytes{{
    {137, 112, 118, 118, 118, 115, 97, 78},  // all
    {44, 37, 39, 39, 39, 38, 49, 21},  // convolve
    {25, 21, 20, 20, 20, 19, 13, 20},  // convolve_plane
    {-6, -2, -3, -3, -3, -1, 3, -2},  // max_windows
    {-9, -3, -4, -4, -4, -2, 0, -3},  // mean_windows
    {26, 26, 24, 24, 24, 26, 19, 6},  // max_tiles
    {11, 8, 8, 8, 8, 8, 3, 5},  // mean_tiles
    {3, -2, -2, -2, -2, -1, -7, 22},  // add
    {-6, -4, -4, -4, -4, -6, -5, -3},  // look_up
    {0, -2, -3, -3, -3, -1, 1, 3},  // slopes
    {34, 31, 31, 31, 31, 30, 43, 19},  // gather
    {-6, 4, 3, 3, 3, 5, -8, -8},  // gather, by several
    {-29, -21, -22, -22, -22, -25, -1, -19},  // dot, by several
    {12, 17, 16, 16, 16, 16, 18, 0},  // dot4
    {10, 6, 4, 4, 4, 7, 2, 1},  // dot2
    {7, 7, 7, 7, 7, 9, 6, 0},  // several queues
    {20, 19, 19, 19, 19, 19, 25, 44},  // padded
    {2, 2, 1, 1, 1, 3, -1, 1},  // biases of 32 bits
    {7, 6, 6, 6, 6, 7, 15, 17},  // offsets of 16 bits
    {12, 0, 0, 0, 0, 1, 15, 0},  // shifts up to 32
    {2, 0, -1, -1, -1, -1, -2, 1},  // several channels
    {-9, -10, -8, -8, -8, -9, -4, -1},  // two classes
    {-78, -57, -59, -59, -59, -62, -62, -17},  // one stage
}};
// clang-format on

}  // namespace rung::chip

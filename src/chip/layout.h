// What the C code of an integer model holds and where: stages, rings of pixels, weights.
#pragma once

#include <cstdint>
#include <set>
#include <string_view>
#include <vector>

#include "quantise/integer_model.h"

namespace rung::chip {

// A kind of work that a stage of the C code does.
enum class StageKind {
  kConvolve,       // over windows of a ring of pixels
  kConvolvePlane,  // of a kernel that covers the plane: sums that every pixel adds to
  kMaxWindows,
  kMeanWindows,
  kMaxTiles,  // windows that tile the plane: results that every pixel adds to
  kMeanTiles,
  kAdd,
  kLookUp,
  kSlopes,
};
constexpr std::string_view name_of(StageKind kind) {
  switch (kind) {
    case StageKind::kConvolve:
      return "convolve";
    case StageKind::kConvolvePlane:
      return "convolve_plane";
    case StageKind::kMaxWindows:
      return "max_windows";
    case StageKind::kMeanWindows:
      return "mean_windows";
    case StageKind::kMaxTiles:
      return "max_tiles";
    case StageKind::kMeanTiles:
      return "mean_tiles";
    case StageKind::kAdd:
      return "add";
    case StageKind::kLookUp:
      return "look_up";
    case StageKind::kSlopes:
      return "slopes";
  }
  return "";
}

// One stage, with the fields of `struct stage` in c_runtime.c.
struct Stage {
  StageKind kind = StageKind::kConvolve;
  const quantise::Node* node = nullptr;
  quantise::Slide slide;
  int padding = 0;
  int zero = 0;
  int shift = 0;
  nn::Shape input;
  nn::Shape output;
  int groups = 1;
  int64_t ring = 0;
  int64_t pixels = 1;
  int64_t sum = 0;
  int64_t weight = 0;
  int64_t channel = 0;

  int height() const { return input.height + slide.before.h + slide.after.h; }
  int width() const { return input.width + slide.before.w + slide.after.w; }

  // The numbers in the order of `struct stage`: its size_types, and the offset_types behind them.
  std::vector<int64_t> sizes() const;
  std::vector<int64_t> offsets() const;
};

// Pixels that wait for a sum, in the order in which they came.
struct Queue {
  size_t from = 0;  // the stage that gives them, counted from 1; 0: the image
  size_t to = 0;    // the stage that adds them
  int channels = 0;
  int64_t pixels = 0;  // that wait at most
  int64_t at = 0;      // its place in `memory`
  int64_t offset = 0;  // of the sum
};

// What the C code holds, laid out.
struct Layout {
  std::vector<Stage> stages;
  std::vector<Queue> queues;
  std::vector<int8_t> weights;  // packed
  std::vector<int32_t> biases;
  std::vector<int32_t> multipliers;
  std::vector<uint8_t> tables;
  std::vector<uint8_t> image_padding;  // around the image, if its channels differ: [channels]
  int weight_bits = 8;
  int64_t memory = 0;  // bytes
  int64_t window = 0;  // bytes
  int64_t sums = 0;    // int32s
  int classes = 0;

  // The last stage gives bytes, not sums. They lie in `memory` behind all else.
  bool ends_in_bytes() const;
  int64_t bytes_of_memory() const;
  // int16, not int32.
  bool has_short_biases() const;
  std::set<StageKind> kinds() const;
  bool is_padded() const;
  // Of the stages that requantise; kMostShift if none does.
  int least_shift() const;
  // What the types size_type and offset_type need.
  int64_t size_bytes() const;
  int64_t offset_bytes() const;
};
Layout lay_out(const quantise::IntegerModel& model);

// What the C code takes, apart from its instructions and the stack.
struct Sizes {
  int64_t constants = 0;  // bytes of flash: weights, biases, multipliers and tables
  int64_t ram = 0;        // bytes of static memory
};
// `most_alignment` is that of the largest type: 8 where every type is aligned to its size, 1 on an AVR.
Sizes sizes_of(const Layout& layout, int64_t most_alignment = 8);

}  // namespace rung::chip

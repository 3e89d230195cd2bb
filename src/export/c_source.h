// C99 source of an integer model, for a chip: no library, no memory but its own, no floating-point numbers.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "quantise/integer_model.h"

namespace rung::exports {

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
struct CLayout {
  std::vector<Stage> stages;
  std::vector<Queue> queues;
  std::vector<int8_t> weights;  // packed
  std::vector<int32_t> biases;
  std::vector<int32_t> multipliers;
  std::vector<uint8_t> tables;
  int weight_bits = 8;
  int64_t memory = 0;  // bytes
  int64_t window = 0;  // bytes
  int64_t sums = 0;    // int32s
};
CLayout lay_out(const quantise::IntegerModel& model);

// What the C code takes, apart from its instructions and the stack.
struct CSizes {
  int64_t constants = 0;  // bytes of flash: weights, biases, multipliers and tables
  int64_t ram = 0;        // bytes of static memory
};
CSizes sizes_of(const quantise::IntegerModel& model);

// The two files of the model: NAME.h and NAME.c. Precondition: `name` is a C identifier.
std::map<std::string, std::string> c_source(const quantise::IntegerModel& model, const std::string& name);

// A program that runs the model on images [N][H][W][C] and compares the logits with those given: NAME_test.c.
std::string c_test(const quantise::IntegerModel& model, const std::string& name,
                   std::span<const uint8_t> images);

}  // namespace rung::exports

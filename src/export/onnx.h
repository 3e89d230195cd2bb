// A trained model as an ONNX file, in float32 or in 8-bit integers: any number of images at once.
// docs/export.md says what is in it, and what reads it.
#pragma once

#include <string>

#include "export/onnx_integers.h"
#include "nn/weights.h"
#include "quantise/integer_model.h"
#include "recipe/recipe.h"

namespace rung::exports {

// What ONNX Runtime, OpenCV and ONNX's own checker all read.
inline constexpr int kOnnxOpset = 13;
inline constexpr int kOnnxIrVersion = 8;

inline constexpr const char* kOnnxInput = "image";    // [N, C, H, W]
inline constexpr const char* kOnnxOutput = "logits";  // [N, classes]

struct OnnxOptions {
  // As operators of their own, where a convolution could take them in. Not in integers.
  bool keep_batch_norm = false;
  bool raw_input = false;  // takes pixels as uint8 and normalises them, instead of normalised float32
  std::string version{};   // of the program that writes the file
};

// The file's bytes; the same for the same arguments. Preconditions: the weights are those of the recipe's
// model, and data::is_resolved() of its dataset. Throws UsageError for a model beyond the format's 2 GiB.
std::string to_onnx(const recipe::Recipe& recipe, const nn::Weights& weights, const OnnxOptions& options);

// In integers, which are those of the weights.
std::string to_integer_onnx(const recipe::Recipe& recipe, const nn::Weights& weights,
                            const quantise::IntegerModel& integers, IntegerForm form,
                            const OnnxOptions& options);

}  // namespace rung::exports

// Figures about a model's predictions on labelled images.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "report/predictions.h"

namespace rung::report {

// counts[true][predicted]. Preconditions: as many labels as predictions, all below `classes`.
std::vector<std::vector<int>> confusion(std::span<const uint8_t> labels, std::span<const uint8_t> predicted,
                                        int classes);

// The misclassified images, worst (lowest probability of the true class) first.
std::vector<uint32_t> mistakes(const Predictions& predictions, std::span<const uint8_t> labels);

struct Calibration {
  struct Bin {  // of confidence; equally wide, over 0..1
    int images = 0;
    double confidence = 0;  // mean
    double accuracy = 0;    // share of correct images
  };
  std::vector<Bin> bins;
  double expected_error = 0;  // ECE: mean over the images of |accuracy - confidence| of their bin
  double confidence = 0;      // mean over the images
  double accuracy = 0;        // share of correct images
};

// Source: Guo, Pleiss, Sun, Weinberger, "On calibration of modern neural networks", 2017; with 15 bins as
// there.
Calibration calibration(const Predictions& predictions, std::span<const uint8_t> labels);

}  // namespace rung::report

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

// Of such counts: the images of a class, and the images that are predicted to be of a class.
int images_of(const std::vector<std::vector<int>>& counts, size_t label);
int predictions_of(const std::vector<std::vector<int>>& counts, size_t label);

// Of such counts: the mean, over the classes that have images, of the share that is right.
double balanced_accuracy(const std::vector<std::vector<int>>& counts);

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

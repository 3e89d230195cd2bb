// How well weights do on labelled images.
#pragma once

#include <cstdint>
#include <vector>

#include "base/thread_pool.h"
#include "data/data_spec.h"
#include "data/dataset.h"
#include "nn/inference.h"
#include "nn/plan.h"
#include "nn/weights.h"
#include "train/class_results.h"

namespace rung::train {

struct Evaluation {
  double loss = 0;      // mean over the images, without label smoothing
  double accuracy = 0;  // percent
  int correct = 0;
  int images = 0;
  double seconds = 0;
  std::vector<uint8_t> predicted;  // [images], classes
  ClassResults classes;
};

// `count` images of a split, starting at index `first`.
struct ImageRange {
  const data::Split& split;
  int first = 0;
  int count = 0;
};

// The images trained on, and those held out: the last `validation` training images.
ImageRange training_part(const data::Dataset& data, int validation);
ImageRange validation_part(const data::Dataset& data, int validation);

class Evaluator {
 public:
  // `plan` and `pool` must outlive the evaluator. Throws MemoryError as nn::Inference does.
  Evaluator(const nn::Plan& plan, const data::DatasetSpec& normalisation, ThreadPool& pool);

  // On the unchanged images. Preconditions: at least one image, of the plan's input size, with labels below
  // its classes.
  Evaluation evaluate(const nn::Weights& weights, const ImageRange& images);

 private:
  const nn::Plan& plan_;
  data::DatasetSpec normalisation_;
  nn::Inference inference_;
};

}  // namespace rung::train

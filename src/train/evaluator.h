// How well weights do on labelled images.
#pragma once

#include <cstdint>
#include <vector>

#include "base/thread_pool.h"
#include "data/dataset.h"
#include "data/spec.h"
#include "nn/inference.h"
#include "nn/plan.h"
#include "nn/weights.h"

namespace rung::train {

struct Evaluation {
  double loss = 0;      // mean over the images, without label smoothing
  double accuracy = 0;  // percent
  int correct = 0;
  int images = 0;
  double seconds = 0;
  std::vector<uint8_t> predicted;  // [images], classes
};

// `count` images of a split, from the one of index `first` on.
struct ImageRange {
  const data::Split& split;
  int first = 0;
  int count = 0;
};

// The images trained on, and those held out, which are the last of the training images.
ImageRange training_part(const data::Dataset& data, int validation);
ImageRange validation_part(const data::Dataset& data, int validation);

class Evaluator {
 public:
  // `plan` and `pool` must outlive the evaluator. Throws MemoryError as nn::Inference.
  Evaluator(const nn::Plan& plan, const data::DatasetSpec& normalisation, ThreadPool& pool);

  // On the images as they are. Preconditions: they are the plan's input, their labels are below its classes,
  // and there is one.
  Evaluation evaluate(const nn::Weights& weights, const ImageRange& images);

 private:
  const nn::Plan& plan_;
  data::DatasetSpec normalisation_;
  nn::Inference inference_;
};

}  // namespace rung::train

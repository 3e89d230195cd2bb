// A trained model, to classify images with.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

namespace rung {

// Images in memory: a view, which does not own its pixels.
struct Images {
  // [count][channels][height][width], from 0 to 255 as in the files that the model was trained on (MNIST: the
  // paper is 0, the ink 255). Do not normalise them: the model does, with its run's mean and std.
  std::span<const uint8_t> pixels{};
  int count = 0;
  int height = 0;
  int width = 0;
  int channels = 1;
};

struct LoadOptions {
  // The weights of the epoch with the best validation accuracy (test accuracy without a validation split)
  // instead of the newest. As `rung eval --best`.
  bool best = false;
  int threads = 0;  // 0: one for each core that the process may use
};

// Every result is the same, to the bit, for any number of threads, and the same that `rung eval` judges.
// One thread at a time may use a model; two models share nothing. It can be moved, not copied.
class Model {
 public:
  // The model in the folder of a run, which `rung train` or train_recipe() wrote; the run may be unfinished.
  // Throws UsageError if the folder holds no run, or for an impossible number of threads; IoError if it has
  // saved no weights yet or a file cannot be read; DataError if one is damaged; MemoryError.
  static Model load(const std::filesystem::path& run, const LoadOptions& options = {});

  Model(Model&&) noexcept;
  Model& operator=(Model&&) noexcept;
  ~Model();

  // What it takes and gives.
  int channels() const;
  int height() const;  // pixels
  int width() const;
  int classes() const;
  int64_t parameters() const;  // trainable

  // The following throw UsageError unless the images are of the model's size and `pixels` holds exactly
  // `count` of them.

  // The class of each image, [count]: that of the largest output, the first of equal ones.
  std::vector<int> predict(const Images& images);

  // [count][classes], row by row: the softmax of the outputs.
  std::vector<float> predict_probabilities(const Images& images);

  // [count][classes], row by row: the last layer's outputs, as PyTorch's model(x) in evaluation mode.
  std::vector<float> predict_logits(const Images& images);

  // For one image at a time, with the least time to the answer: [classes], the same bits as predict_logits()
  // gives for these pixels [channels][height][width]; valid until the next call. One thread computes, and
  // from the second call on no memory is allocated. The first may throw MemoryError.
  std::span<const float> image_logits(std::span<const uint8_t> pixels);

 private:
  struct Engine;
  explicit Model(Engine* engine);  // which it owns from now on

  std::unique_ptr<Engine> engine_;
};

}  // namespace rung

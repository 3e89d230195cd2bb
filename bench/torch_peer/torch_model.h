// The ladder's five models in libtorch, trained as a PyTorch user would write it: nn::Sequential in float32,
// SGD with momentum, log_softmax + nll_loss. This header hides torch's headers, so that the rest can be
// C++20.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace rung::bench {

struct TorchSettings {
  int step = 1;  // of the ladder, 1..5
  int threads = 1;
  uint64_t seed = 1;
  double lr = 0.01;
  double momentum = 0.9;
  bool channels_last = false;
  bool inplace_relu = false;
  bool onednn = true;
};

class TorchModel {
 public:
  // Sets the number of threads and oneDNN for the whole process.
  explicit TorchModel(const TorchSettings& settings);
  ~TorchModel();
  TorchModel(const TorchModel&) = delete;
  TorchModel& operator=(const TorchModel&) = delete;

  int64_t parameters() const;

  // One step of SGD on pixels [images,1,28,28]; returns the batch's mean loss.
  double train_batch(float* pixels, int64_t* labels, int images);

  // How many images the model classifies correctly in evaluation mode.
  int count_correct(float* pixels, int64_t* labels, int images);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// Calls task(index, thread) for every index below `count` on torch's own threads.
void torch_for_each(int count, const std::function<void(int index, int thread)>& task);

std::string torch_version();

}  // namespace rung::bench

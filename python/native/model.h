// A trained model for Python: threads may share it, and a process that was forked may use it.
#pragma once

#include <sys/types.h>

#include <memory>
#include <mutex>

#include "bindings.h"
#include "ladder/trained_model.h"

namespace rung::python {

class SharedModel {
 public:
  // Throws as ladder::TrainedModel.
  SharedModel(recipe::Recipe recipe, nn::Weights weights, int threads);
  SharedModel(SharedModel&&) noexcept = default;
  ~SharedModel();

  const recipe::Recipe& recipe() const { return engine_->model.recipe(); }
  const nn::Weights& weights() const { return engine_->model.weights(); }
  int threads() const { return engine_->threads; }

  // New NumPy arrays [N,classes]. They are computed without the interpreter's lock, one call at a time.
  nb::object logits(const PixelArray& images);
  nb::object probabilities(const PixelArray& images);

 private:
  struct Engine {
    Engine(recipe::Recipe recipe, nn::Weights weights, int wanted_threads);

    int threads;
    pid_t process;  // that made it
    ladder::TrainedModel model;
    std::mutex mutex;
  };
  Engine& engine();

  using Compute = std::vector<float> (ladder::TrainedModel::*)(const data::ImagesView&);
  nb::object computed(const PixelArray& images, Compute compute);

  std::shared_ptr<Engine> engine_;
};

}  // namespace rung::python

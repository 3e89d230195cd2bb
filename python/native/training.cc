// rung._native.Training: a recipe trained on images in memory, epoch by epoch. It writes no files.
#include <nanobind/nanobind.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/thread_pool.h"
#include "bindings.h"
#include "data/arrange.h"
#include "ladder/run.h"
#include "ladder/teacher.h"
#include "model.h"
#include "optim/training_spec.h"
#include "train/trainer.h"

namespace rung::python {
namespace {

using recipe::Recipe;

// The recipe for exactly these images.
Recipe fitted(Recipe recipe, const data::Dataset& dataset) {
  ladder::resolve(recipe, dataset);
  return recipe;
}

std::vector<float> floats_at(const nb::dict& state, const std::string& name, size_t size) {
  if (!state.contains(name.c_str())) throw UsageError("the state of the training lacks " + name);
  const auto array = nb::cast<FloatArray>(state[name.c_str()]);
  if (array.size() != size) throw UsageError("the state of the training is another model's: " + name);
  return {array.data(), array.data() + array.size()};
}

nb::object flat_array(const std::vector<float>& values) {
  return to_array(values, {values.size()});
}

class Training {
 public:
  Training(const Recipe& recipe, std::shared_ptr<const data::Dataset> dataset, int threads)
      : recipe_(fitted(recipe, *dataset)),
        dataset_(std::move(dataset)),
        threads_(threads),
        pool_(ThreadPool::or_available(threads)),
        trainer_(ladder::experiment_with_teachers(recipe_), *dataset_, pool_) {}

  // Every step has the optimiser's own learning rate, and there may be any number of epochs.
  void hold_rates() {
    const optim::Optimizer& optimizer = recipe_.training.optimizer;
    const optim::Rates rates{optim::lr_of(optimizer), optim::momentum_of(optimizer)};
    trainer_.use_rates([rates](int64_t) { return rates; });
  }

  nb::dict train_epoch(nb::object on_progress) {
    PythonPauses pauses(std::move(on_progress));
    train::TrainedEpoch epoch;
    {
      const nb::gil_scoped_release unlocked;
      epoch = trainer_.train_epoch([&](const train::Progress& progress) { pauses.after_batch(progress); });
    }
    nb::dict record;
    record["epoch"] = epoch.epoch;
    record["lr"] = epoch.lr;
    record["train_loss"] = epoch.loss;
    record["train_accuracy"] = epoch.accuracy;
    record["seconds"] = epoch.seconds;
    return record;
  }

  // Loss and accuracy on the dataset's test images.
  nb::tuple evaluate() {
    if (dataset_->test.count == 0) throw UsageError("there are no images to evaluate on");
    train::Evaluation evaluation;
    {
      const nb::gil_scoped_release unlocked;
      evaluation = trainer_.evaluate(dataset_->test);
    }
    return nb::make_tuple(evaluation.loss, evaluation.accuracy);
  }

  SharedModel model() const { return {recipe_, trainer_.weights(), threads_}; }

  // What train_epoch() depends on, between two epochs.
  nb::dict state() const {
    nb::dict state;
    state["epochs"] = trainer_.position().epochs;
    state["parameters"] = flat_array(trainer_.trained_weights().parameters);
    state["buffers"] = flat_array(trainer_.trained_weights().buffers);
    if (trainer_.has_result()) {
      state["result.parameters"] = flat_array(trainer_.weights().parameters);
      state["result.buffers"] = flat_array(trainer_.weights().buffers);
    }
    for (const auto& [name, values] : trainer_.optimizer().buffers())
      state[("optimizer." + name).c_str()] = flat_array(values);
    return state;
  }

  // Goes on from there: with the optimiser's state, or else from the weights alone.
  void restore(const nb::dict& state, bool with_optimizer) {
    const nn::Plan& plan = trainer_.plan();
    const auto weights_at = [&](const std::string& prefix) {
      return nn::Weights{floats_at(state, prefix + "parameters", plan.parameter_count),
                         floats_at(state, prefix + "buffers", plan.buffer_count)};
    };
    train::State restored{{}, weights_at(""), std::nullopt, trainer_.optimizer()};
    if (trainer_.has_result()) restored.result = with_optimizer ? weights_at("result.") : weights_at("");
    if (with_optimizer) {
      restored.position.epochs = nb::cast<int>(state["epochs"]);
      for (auto& [name, values] : restored.optimizer.buffers())
        values = floats_at(state, "optimizer." + name, values.size());
    }
    trainer_.restore(std::move(restored));
  }

  const Recipe& recipe() const { return recipe_; }

 private:
  Recipe recipe_;
  std::shared_ptr<const data::Dataset> dataset_;
  int threads_;
  ThreadPool pool_;
  train::Trainer trainer_;
};

}  // namespace

void bind_training(nb::module_& module) {
  nb::class_<Training>(module, "Training")
      .def(nb::init<const Recipe&, std::shared_ptr<data::Dataset>, int>(), nb::arg("recipe"),
           nb::arg("dataset"), nb::arg("threads"))
      .def("hold_rates", &Training::hold_rates)
      .def("train_epoch", &Training::train_epoch, nb::arg("on_progress").none())
      .def("evaluate", &Training::evaluate)
      .def("model", &Training::model)
      .def("state", &Training::state)
      .def("restore", &Training::restore, nb::arg("state"), nb::arg("with_optimizer"))
      .def_prop_ro("recipe", [](const Training& training) { return training.recipe(); });
}

}  // namespace rung::python

// rung._native.Model: a trained model that threads may share, and that survives a fork.
#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/string.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "bindings.h"
#include "export/c_float.h"
#include "export/c_project.h"
#include "export/onnx.h"
#include "ladder/mcnemar.h"
#include "ladder/run.h"
#include "ladder/trained_model.h"
#include "model.h"
#include "nn/graph.h"
#include "optim/training_spec.h"
#include "train/calibrate.h"
#include "train/checkpoint.h"
#include "train/run_directory.h"

namespace rung::python {

using recipe::Recipe;

SharedModel::SharedModel(Recipe recipe, nn::Weights weights, int threads)
    : engine_(std::make_shared<Engine>(std::move(recipe), std::move(weights), threads)) {}

SharedModel::Engine::Engine(Recipe recipe, nn::Weights weights, int wanted_threads)
    : threads(wanted_threads),
      process(getpid()),
      model(std::move(recipe), std::move(weights), wanted_threads) {}

// In a process that was forked from the one that made it the pool's threads are missing, so that the engine
// can neither compute nor be destroyed; its recipe and weights are whole.
SharedModel::Engine& SharedModel::engine() {
  if (engine_->process == getpid()) return *engine_;
  auto* left_behind = new std::shared_ptr<Engine>(engine_);  // NOLINT: leaked on purpose
  const ladder::TrainedModel& old = (*left_behind)->model;
  engine_ = std::make_shared<Engine>(old.recipe(), old.weights(), (*left_behind)->threads);
  return *engine_;
}

SharedModel::~SharedModel() {
  if (engine_ && engine_->process != getpid())
    new std::shared_ptr<Engine>(std::move(engine_));  // NOLINT: leaked on purpose
}

nb::object SharedModel::logits(const PixelArray& images) {
  return computed(images, &ladder::TrainedModel::logits);
}

nb::object SharedModel::probabilities(const PixelArray& images) {
  return computed(images, &ladder::TrainedModel::probabilities);
}

nb::object SharedModel::computed(const PixelArray& images, Compute compute) {
  Engine& mine = engine();
  std::vector<float> values;
  {
    const nb::gil_scoped_release unlocked;
    const Planes planes(images);
    const std::scoped_lock lock(mine.mutex);
    values = (mine.model.*compute)(planes.view());
  }
  const auto classes = static_cast<size_t>(recipe().model.classes);
  const size_t count = values.size() / classes;
  return to_array(std::move(values), {count, classes});
}

namespace {

SharedModel load(nb::handle run, bool best, int threads) {
  const std::filesystem::path folder = path_of(run);
  const nb::gil_scoped_release unlocked;
  const Recipe recipe = ladder::recipe_of_run(folder);
  const char* file = best ? train::kBestFile : train::kCheckpointFile;
  nn::Weights weights = ladder::weights_of_run(folder, recipe, file);
  return {recipe, std::move(weights), threads};
}

SharedModel from_bytes(const nb::bytes& bytes, const std::string& name, int threads) {
  const auto* data = static_cast<const std::byte*>(bytes.data());
  ladder::ModelParts parts = ladder::model_from_bytes({data, bytes.size()}, name);
  return {std::move(parts.recipe), std::move(parts.weights), threads};
}

nb::bytes to_bytes(const SharedModel& model) {
  const std::string bytes =
      ladder::model_to_bytes(model.recipe(), nn::make_plan(model.recipe().model), model.weights());
  return nb::bytes(bytes.data(), bytes.size());
}

std::string shape_text(const nb::tuple& shape) {
  return nb::cast<std::string>(nb::str(shape));
}

nb::tuple shape_of(const FloatArray& array) {
  nb::list shape;
  for (size_t axis = 0; axis < array.ndim(); ++axis) shape.append(array.shape(axis));
  return nb::tuple(shape);
}

// Takes the arrays that are the tensors' values out of `arrays`.
void take(const std::vector<nn::TensorInfo>& infos, std::map<std::string, FloatArray>& arrays,
          std::vector<float>& values) {
  for (const nn::TensorInfo& info : infos) {
    const auto found = arrays.find(info.name);
    if (found == arrays.end()) throw UsageError("there is no array \"" + info.name + "\"");
    const FloatArray& array = found->second;
    nb::list wanted;
    for (const int64_t side : info.shape) wanted.append(side);
    const nb::tuple given = shape_of(array);
    if (!given.equal(nb::tuple(wanted)))
      throw UsageError("\"" + info.name + "\" has the shape " + shape_text(given) + ", not " +
                       shape_text(nb::tuple(wanted)));
    std::copy_n(array.data(), info.size, values.begin() + static_cast<std::ptrdiff_t>(info.offset));
    arrays.erase(found);
  }
}

SharedModel from_state_dict(const Recipe& recipe, std::map<std::string, FloatArray> arrays, int threads) {
  const nn::Plan plan = nn::make_plan(recipe.model);
  nn::Weights weights{std::vector<float>(plan.parameter_count), std::vector<float>(plan.buffer_count)};
  take(plan.parameters, arrays, weights.parameters);
  take(plan.buffers, arrays, weights.buffers);
  if (!arrays.empty()) throw UsageError("the model has no array \"" + arrays.begin()->first + "\"");
  return {recipe, std::move(weights), threads};
}

// Layer by layer, as PyTorch lists them.
nb::dict state_dict(const SharedModel& model) {
  struct Tensor {
    const nn::TensorInfo* info;
    std::span<const float> values;
    int layer() const { return std::stoi(info->name); }
  };
  const nn::Plan plan = nn::make_plan(model.recipe().model);
  std::vector<Tensor> tensors;
  for (const nn::TensorInfo& info : plan.parameters)
    tensors.push_back({&info, std::span(model.weights().parameters).subspan(info.offset, info.size)});
  for (const nn::TensorInfo& info : plan.buffers)
    tensors.push_back({&info, std::span(model.weights().buffers).subspan(info.offset, info.size)});
  std::ranges::stable_sort(tensors, {}, &Tensor::layer);
  nb::dict arrays;
  for (const auto& [info, values] : tensors)
    arrays[info->name.c_str()] =
        to_array(std::vector(values.begin(), values.end()), {info->shape.begin(), info->shape.end()});
  return arrays;
}

nb::bytes to_onnx(const SharedModel& model, bool raw_input, bool keep_batch_norm,
                  const std::string& version) {
  const std::string bytes =
      exports::to_onnx(model.recipe(), model.weights(),
                       {.keep_batch_norm = keep_batch_norm, .raw_input = raw_input, .version = version});
  return nb::bytes(bytes.data(), bytes.size());
}

// A C project's files, in integers of so many bits or, with 32, in float. The dataset's training images give
// the ranges, its test images the figures.
std::map<std::string, std::string> to_c(const SharedModel& model, const data::Dataset& data,
                                        const std::string& name, int weight_bits) {
  const nb::gil_scoped_release unlocked;
  const Recipe& recipe = model.recipe();
  train::require_fit(ladder::experiment_of(recipe), data);
  ThreadPool pool(ThreadPool::or_available(model.threads()));
  const nn::Weights& weights = model.weights();
  const train::ImageRange test{data.test, 0, data.test.count};
  const train::Evaluation in_float =
      train::Evaluator(nn::make_plan(recipe.model), recipe.dataset, pool).evaluate(weights, test);
  exports::CFacts facts = exports::facts_of(recipe, data.test.count);
  facts.float_correct = in_float.correct;
  const std::vector<uint8_t> golden = exports::golden_images(data.test);
  if (weight_bits == 32) {
    const auto graph = nn::graph::fold_batch_norms(nn::graph::make_graph(recipe.model, weights));
    return exports::c_project(exports::FloatModel{graph, *recipe.dataset.mean, *recipe.dataset.std}, name,
                              golden, facts);
  }
  const int validation = recipe.dataset.validation.images;
  const train::Calibrated calibrated = train::calibrate(
      recipe.model, weights, recipe.dataset, train::training_part(data, validation), weight_bits, pool);
  const train::IntegerEvaluation in_integers = train::evaluate(calibrated.model, test, pool);
  facts.integer_correct = in_integers.correct;
  facts.p_value = ladder::mcnemar(in_float.predicted, in_integers.predicted, data.test.labels).p_value;
  return exports::c_project(calibrated.model, name, golden, facts);
}

}  // namespace

void bind_model(nb::module_& module) {
  nb::class_<SharedModel>(module, "Model")
      .def_static("load", &load, nb::arg("run"), nb::arg("best"), nb::arg("threads"))
      .def_static("from_bytes", &from_bytes, nb::arg("bytes"), nb::arg("name"), nb::arg("threads"))
      .def_static("from_state_dict", &from_state_dict, nb::arg("recipe"), nb::arg("arrays"),
                  nb::arg("threads"))
      .def("to_bytes", &to_bytes)
      .def("state_dict", &state_dict)
      .def("logits", &SharedModel::logits, nb::arg("images").noconvert())
      .def("probabilities", &SharedModel::probabilities, nb::arg("images").noconvert())
      .def("to_onnx", &to_onnx, nb::arg("raw_input"), nb::arg("keep_batch_norm"), nb::arg("version"))
      .def("to_c", &to_c, nb::arg("dataset"), nb::arg("name"), nb::arg("weight_bits"))
      .def_prop_ro("recipe", [](const SharedModel& model) { return model.recipe(); })
      .def_prop_ro("weight_bits",
                   [](const SharedModel& model) { return optim::weight_bits_of(model.recipe().training); })
      .def_prop_ro("weights_sha256",
                   [](const SharedModel& model) { return nn::weights_sha256(model.weights()); });
}

}  // namespace rung::python

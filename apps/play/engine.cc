// The engine of the playground: Rung's own C++, as functions for JavaScript. Legend: C channels, H rows, W
// columns. Pointers are into the module's memory. A function that fails returns null (or -1), and error()
// says why.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/error.h"
#include "base/thread_pool.h"
#include "data/arrange.h"
#include "data/dataset.h"
#include "data/fit_digit.h"
#include "kernels/layout.h"
#include "nn/infer.h"
#include "nn/plan.h"
#include "nn/trace.h"
#include "nn/weights.h"
#include "recipe/recipe.h"
#include "report/inside.h"
#include "train/batches.h"
#include "train/logits.h"
#include "train/trainer.h"

// (Of a name that JavaScript calls.)
#define RUNG_EXPORT(name) extern "C" __attribute__((export_name(#name)))

namespace rung::play {
namespace {

using kernels::kLanes;

std::string last_error;
std::string last_text;  // that a function has returned

template <typename Work>
auto guarded(Work work) -> decltype(work()) {
  using Result = decltype(work());
  try {
    last_error.clear();
    return work();
  } catch (const Error& error) {
    last_error = error.hint().empty() ? error.what() : fmt::format("{} ({})", error.what(), error.hint());
  } catch (const std::exception& error) {
    last_error = error.what();
  }
  if constexpr (std::is_pointer_v<Result>) {
    return nullptr;
  } else {
    return Result(-1);
  }
}

const char* text(std::string content) {
  last_text = std::move(content);
  return last_text.c_str();
}

recipe::Recipe parse(const char* toml, size_t bytes) {
  return recipe::parse(std::string_view(toml, bytes), "recipe");
}

std::string shape_json(const nn::Shape& shape) {
  return fmt::format("[{},{},{}]", shape.channels, shape.height, shape.width);
}

// A trained network and what it makes of one image.
class Network {
 public:
  Network(const recipe::Recipe& recipe, nn::Weights weights)
      : model_(recipe.model),
        fast_plan_(nn::make_plan(recipe.model)),
        plan_(nn::make_plan(recipe.model, nn::GlobalPooling::kApart)),
        weights_(std::move(weights)),
        logits_(fast_plan_, weights_, recipe.dataset),
        value_(train::pixel_values(recipe.dataset, plan_.input.channels)),
        x_(nn::block_floats(plan_.input)) {}

  // {"input": [C,H,W], "classes": N, "layers": [{"name": "...", "shape": [C,H,W]}, ...]}
  std::string description() const {
    std::vector<std::string> layers;
    for (const nn::Unit& unit : plan_.units)
      layers.push_back(
          fmt::format(R"({{"name":"{}","shape":{}}})", name_of(unit), shape_json(report::places_of(unit))));
    return fmt::format(R"({{"input":{},"classes":{},"layers":[{}]}})", shape_json(plan_.input), plan_.classes,
                       fmt::join(layers, ","));
  }

  // The logits [classes] of the image [C][H][W].
  const float* logits(const uint8_t* pixels) {
    return logits_.of(std::span(pixels, static_cast<size_t>(plan_.input.elements()))).data();
  }

  // Keeps every unit's output for the image, for layer() and evidence().
  void look_at(const uint8_t* pixels) {
    const auto plane = static_cast<size_t>(plan_.input.height) * static_cast<size_t>(plan_.input.width);
    for (size_t at = 0; at < plane * static_cast<size_t>(plan_.input.channels); ++at)
      x_.data()[at * kLanes] = value_[at / plane][pixels[at]];
    trace_.emplace(plan_, weights_, x_.data());
  }

  // A unit's output [C][H][W].
  const float* layer(size_t unit) {
    const std::span<const float> output = trace_->output(unit);
    shown_.clear();
    for (size_t at = 0; at < output.size(); at += kLanes) shown_.push_back(output[at]);
    return shown_.data();
  }

  // How much the surroundings of each pixel [H][W] speak for the class; null for a model without planes.
  const float* evidence(int one) {
    const auto unit = report::evidence_unit(plan_);
    if (!unit) return nullptr;
    const auto label = static_cast<uint8_t>(one);
    const auto maps = report::evidence(plan_, *trace_, *unit, std::span(&label, 1));
    shown_.assign(maps.front().begin(), maps.front().end());
    return shown_.data();
  }

 private:
  // By its convolution or linear layer, whose tensors are named after its place.
  std::string name_of(const nn::Unit& unit) const {
    for (const nn::TensorInfo& tensor : plan_.parameters)
      if (unit.conv && tensor.offset == unit.weight)
        return nn::numbered_name(model_, static_cast<size_t>(std::stoi(tensor.name)));
    return unit.activation.pooling != kernels::Pooling::kNone ? "Pooling" : "Layer";
  }

  nn::ModelSpec model_;
  nn::Plan fast_plan_;
  nn::Plan plan_;  // whose units can be looked at
  nn::Weights weights_;
  train::ImageLogits logits_;
  train::PixelValues value_;
  AlignedBuffer<float> x_;
  std::optional<nn::Trace> trace_;
  std::vector<float> shown_;
};

// A training that goes on by so many batches at a time.
class Training {
 public:
  Training(recipe::Recipe recipe, data::Dataset files)
      : data_(data::arranged(std::move(files), recipe.dataset)),
        recipe_(resolved(std::move(recipe))),
        pool_(1) {
    const train::Experiment experiment{recipe_.model, recipe_.dataset, recipe_.augment, recipe_.training,
                                       recipe_.seed};
    train::require_fit(experiment, data_);
    trainer_.emplace(experiment, data_, pool_);
  }

  bool is_over() const { return trainer_->position().epochs == recipe_.training.epochs; }

  // Trains up to `batches`, not beyond the epoch. {"epoch": from 1, "epochs", "batch", "batches", "loss": of
  // the last batch, "correct", "images": of the epoch so far, "ended": whether the epoch is}
  std::string run(int batches) {
    train::Progress last;
    bool ended = true;
    struct Enough {};
    try {
      trainer_->train_epoch([&](const train::Progress& progress) {
        last = progress;
        if (--batches <= 0 && progress.batch < progress.batches) throw Enough();
      });
    } catch (const Enough&) {
      ended = false;
    }
    return fmt::format(
        R"({{"epoch":{},"epochs":{},"batch":{},"batches":{},"loss":{},"correct":{},"images":{},"ended":{}}})",
        last.epoch, last.epochs, last.batch, last.batches, last.loss, last.correct, last.images, ended);
  }

  // {"loss", "accuracy": percent, "confusion": [label][class]}, of the test images
  std::string evaluate() {
    const train::Evaluation evaluation = trainer_->evaluate(data_.test);
    const auto classes = static_cast<size_t>(recipe_.model.classes);
    std::vector<std::vector<int>> confusion(classes, std::vector<int>(classes));
    for (size_t i = 0; i < evaluation.predicted.size(); ++i)
      ++confusion[data_.test.labels[i]][evaluation.predicted[i]];
    std::vector<std::string> rows;
    for (const auto& row : confusion) rows.push_back(fmt::format("[{}]", fmt::join(row, ",")));
    return fmt::format(R"({{"loss":{},"accuracy":{},"confusion":[{}]}})", evaluation.loss,
                       evaluation.accuracy, fmt::join(rows, ","));
  }

  std::string recipe() const { return recipe::to_toml(recipe_); }

  // Parameters and then buffers.
  std::span<const float> weights() {
    const nn::Weights& weights = trainer_->weights();
    values_ = weights.parameters;
    values_.insert(values_.end(), weights.buffers.begin(), weights.buffers.end());
    return values_;
  }

 private:
  recipe::Recipe resolved(recipe::Recipe recipe) const {
    recipe.dataset = data::resolved(std::move(recipe.dataset), data_);
    return recipe;
  }

  data::Dataset data_;
  recipe::Recipe recipe_;
  ThreadPool pool_;
  std::optional<train::Trainer> trainer_;
  std::vector<float> values_;
};

data::Split split_of(const uint8_t* pixels, const uint8_t* labels, int count, const nn::Shape& shape) {
  data::Split split;
  split.count = count;
  split.channels = shape.channels;
  split.height = shape.height;
  split.width = shape.width;
  split.pixels.assign(pixels, pixels + static_cast<size_t>(count) * split.image_bytes());
  split.labels.assign(labels, labels + count);
  return split;
}

RUNG_EXPORT(error) const char* error() {
  return last_error.c_str();
}

RUNG_EXPORT(reserve) void* reserve(size_t bytes) {
  return new uint8_t[bytes];
}

RUNG_EXPORT(release) void release(void* memory) {
  delete[] static_cast<uint8_t*>(memory);
}

// `values`: parameters and then buffers, of the model of the resolved recipe.
RUNG_EXPORT(network) Network* network(const char* toml, size_t bytes, const float* values, size_t count) {
  return guarded([&] {
    const recipe::Recipe recipe = parse(toml, bytes);
    const nn::Plan plan = nn::make_plan(recipe.model);
    if (count != plan.parameter_count + plan.buffer_count)
      throw DataError("the weights are not those of the recipe's model");
    const float* buffers = values + plan.parameter_count;
    return new Network(recipe, {{values, buffers}, {buffers, values + count}});
  });
}

RUNG_EXPORT(network_free) void network_free(Network* network) {
  delete network;
}

RUNG_EXPORT(network_description) const char* network_description(const Network* network) {
  return guarded([&] { return text(network->description()); });
}

RUNG_EXPORT(network_logits) const float* network_logits(Network* network, const uint8_t* pixels) {
  return guarded([&] { return network->logits(pixels); });
}

RUNG_EXPORT(network_look) int network_look(Network* network, const uint8_t* pixels) {
  return guarded([&] {
    network->look_at(pixels);
    return 1;
  });
}

RUNG_EXPORT(network_layer) const float* network_layer(Network* network, size_t unit) {
  return guarded([&] { return network->layer(unit); });
}

RUNG_EXPORT(network_evidence) const float* network_evidence(Network* network, int one) {
  return guarded([&] { return network->evidence(one); });
}

// A drawing in light ink on black [height][width] as MNIST's digits are: to the image of a network [C][H][W],
// in each channel. Returns whether there is one.
RUNG_EXPORT(fit_digit)
int fit_digit(const uint8_t* drawing, int height, int width, uint8_t* image, int channels, int rows,
              int columns) {
  return guarded([&] {
    const auto pixels = static_cast<size_t>(height) * static_cast<size_t>(width);
    const auto fitted =
        data::fit_digit({height, width, {drawing, drawing + pixels}}, data::Ink::kLight, rows, columns);
    if (!fitted) return 0;
    for (int channel = 0; channel < channels; ++channel)
      image = std::copy(fitted->pixels.begin(), fitted->pixels.end(), image);
    return 1;
  });
}

// Trains the recipe, as it is written, on these images [N][C][H][W] of its model's size.
RUNG_EXPORT(training)
Training* training(const char* toml, size_t bytes, const uint8_t* train_pixels, const uint8_t* train_labels,
                   int train_count, const uint8_t* test_pixels, const uint8_t* test_labels, int test_count,
                   int channels, int height, int width) {
  return guarded([&] {
    recipe::Recipe recipe = parse(toml, bytes);
    if (recipe.training.distill)
      throw UsageError("[distill] needs a teacher, and there are no files here", "leave it out");
    const nn::Shape shape{channels, height, width};
    data::Dataset files{.name = recipe.dataset.name,
                        .classes = recipe.model.classes,
                        .class_names = {},
                        .train = split_of(train_pixels, train_labels, train_count, shape),
                        .test = split_of(test_pixels, test_labels, test_count, shape)};
    return new Training(std::move(recipe), std::move(files));
  });
}

RUNG_EXPORT(training_free) void training_free(Training* training) {
  delete training;
}

RUNG_EXPORT(training_is_over) int training_is_over(const Training* training) {
  return training->is_over() ? 1 : 0;
}

RUNG_EXPORT(training_run) const char* training_run(Training* training, int batches) {
  return guarded([&] { return text(training->run(batches)); });
}

RUNG_EXPORT(training_evaluate) const char* training_evaluate(Training* training) {
  return guarded([&] { return text(training->evaluate()); });
}

// As resolved: the recipe that network() takes together with the weights.
RUNG_EXPORT(training_recipe) const char* training_recipe(const Training* training) {
  return guarded([&] { return text(training->recipe()); });
}

RUNG_EXPORT(training_weights) const float* training_weights(Training* training) {
  return training->weights().data();
}

RUNG_EXPORT(training_weights_count) size_t training_weights_count(Training* training) {
  return training->weights().size();
}

}  // namespace
}  // namespace rung::play

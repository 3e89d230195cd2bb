// The names of the layers. Everything else about layers is in infer.cc (shapes) and in the kernels (numbers).
#include "nn/spec.h"

namespace rung::nn {
namespace {

struct Names {
  std::string_view recipe;
  std::string_view torch;
};

Names names(const Conv2d&) {
  return {"conv2d", "Conv2d"};
}
Names names(const BatchNorm2d&) {
  return {"batch_norm2d", "BatchNorm2d"};
}
Names names(const Dropout&) {
  return {"dropout", "Dropout"};
}
Names names(const Relu&) {
  return {"relu", "ReLU"};
}
Names names(const LeakyRelu&) {
  return {"leaky_relu", "LeakyReLU"};
}
Names names(const PRelu&) {
  return {"prelu", "PReLU"};
}
Names names(const Silu&) {
  return {"silu", "SiLU"};
}
Names names(const Add&) {
  return {"add", "Add"};
}
Names names(const MaxPool2d&) {
  return {"max_pool2d", "MaxPool2d"};
}
Names names(const AvgPool2d&) {
  return {"avg_pool2d", "AvgPool2d"};
}
Names names(const AdaptiveAvgPool2d&) {
  return {"adaptive_avg_pool2d", "AdaptiveAvgPool2d"};
}
Names names(const Flatten&) {
  return {"flatten", "Flatten"};
}
Names names(const Linear&) {
  return {"linear", "Linear"};
}

Names names_of(const LayerSpec& layer) {
  return std::visit([](const auto& one) { return names(one); }, layer);
}

}  // namespace

std::string_view recipe_name(const LayerSpec& layer) {
  return names_of(layer).recipe;
}
std::string_view torch_name(const LayerSpec& layer) {
  return names_of(layer).torch;
}

std::string numbered_name(const ModelSpec& model, size_t index) {
  return std::string(torch_name(model.layers[index])) + "-" + std::to_string(index);
}

}  // namespace rung::nn

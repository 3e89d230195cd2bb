#include "nn/model_spec.h"

namespace rung::nn {

std::string_view recipe_name(const LayerSpec& layer) {
  return std::visit([](const auto& one) { return one.kName; }, layer);
}
std::string_view torch_name(const LayerSpec& layer) {
  return std::visit([](const auto& one) { return one.kTorchName; }, layer);
}

std::string numbered_name(const ModelSpec& model, size_t index) {
  return std::string(torch_name(model.layers[index])) + "-" + std::to_string(index);
}

}  // namespace rung::nn

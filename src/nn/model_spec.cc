#include "nn/model_spec.h"

#include <fmt/format.h>

namespace rung::nn {

std::string to_text(Size2 size) {
  return fmt::format("{}×{}", size.h, size.w);
}
std::string to_text(const Shape& shape) {
  return fmt::format("[{}, {}, {}]", shape.channels, shape.height, shape.width);
}

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

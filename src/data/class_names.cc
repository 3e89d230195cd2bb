#include "data/class_names.h"

#include <array>

namespace rung::data {

std::span<const std::string_view> class_names(std::string_view dataset) {
  static constexpr std::array<std::string_view, 10> kFashionMnist = {
      "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
      "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};
  if (dataset == "fashion_mnist") return kFashionMnist;
  return {};
}

std::string class_name(std::string_view dataset, size_t label) {
  const auto names = class_names(dataset);
  return label < names.size() ? std::string(names[label]) : std::to_string(label);
}

std::vector<std::string> names_of_classes(std::string_view dataset, int classes) {
  std::vector<std::string> names;
  for (int k = 0; k < classes; ++k) names.push_back(class_name(dataset, static_cast<size_t>(k)));
  return names;
}

}  // namespace rung::data

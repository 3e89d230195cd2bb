// One layer of a model. Its options are the fields of its specification in nn/model_spec.h; nn::infer checks
// what depends on the previous layer (shapes, groups).
#include "recipe/parse.h"
#include "recipe/read_fields.h"
#include "recipe/read_variant.h"

namespace rung::recipe {

std::span<const std::string_view> layer_keys(const TableReader& layer) {
  return visit_type<nn::LayerSpec>(layer, []<typename Layer>() -> std::span<const std::string_view> {
    static constexpr auto kKeys = keys_of<Layer>();
    return kKeys;
  });
}

nn::LayerSpec parse_layer(const TableReader& layer, const InChannels& in_channels) {
  return visit_type<nn::LayerSpec>(
      layer, [&]<typename Layer>() -> nn::LayerSpec { return read_fields<Layer>(layer, in_channels); });
}

}  // namespace rung::recipe

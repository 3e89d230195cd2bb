// Models that have every form in which a layer becomes ONNX's operators.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "every_layer.h"
#include "export/onnx.h"
#include "random_weights.h"
#include "recipe/recipe.h"

namespace rung::testing {

struct OnnxCase {
  std::string name;
  nn::ModelSpec model;
  exports::OnnxOptions options{};
};

inline std::vector<OnnxCase> onnx_cases() {
  using namespace nn;
  const Conv2d conv{.out_channels = 4, .kernel_size = {3, 3}};
  const auto ending = [&](std::vector<LayerSpec> layers) {
    return ModelSpec{{1, 7, 6}, 3, std::move(layers)};
  };
  std::vector<OnnxCase> cases;
  for (const LayerSpec& layer : every_layer())
    cases.push_back({std::string(recipe_name(layer)), model_with(layer)});
  cases.insert(cases.end(),
               {{"batch_norm2d, kept", model_with(BatchNorm2d{1e-3, 0.25}), {.keep_batch_norm = true}},
                {"batch_norm2d after linear, kept",
                 ending({Flatten{}, Linear{5}, BatchNorm2d{}, Relu{}, Linear{3}}),
                 {.keep_batch_norm = true}},
                {"prelu, one slope", model_with(PRelu{1, 0.5})},
                {"gelu, exact", model_with(Gelu{})},
                {"max_pool2d, tiles", model_with(MaxPool2d{{2, 2}})},
                {"max_pool2d, ceil_mode", model_with(MaxPool2d{{3, 3}, {3, 3}, {0, 0}, true})},
                {"avg_pool2d, tiles", model_with(AvgPool2d{{2, 2}})},
                {"avg_pool2d, padding counts", model_with(AvgPool2d{{3, 3}, {2, 1}, {1, 1}})},
                {"avg_pool2d, ceil_mode", model_with(AvgPool2d{{2, 3}, {2, 2}, {0, 1}, true})},
                {"adaptive_avg_pool2d, unequal windows", model_with(AdaptiveAvgPool2d{{3, 3}})},
                {"adaptive_avg_pool2d, more than inputs", model_with(AdaptiveAvgPool2d{{7, 1}})},
                {"adaptive_avg_pool2d, to 1", model_with(AdaptiveAvgPool2d{})},
                {"linear after a 1×1 plane", ending({conv, AdaptiveAvgPool2d{}, Flatten{}, Linear{3}})},
                {"conv2d of a 1×1 plane",
                 ending({conv, AdaptiveAvgPool2d{}, Conv2d{.out_channels = 3, .kernel_size = {1, 1}}})},
                {"add of linear layers", ending({Flatten{}, Linear{3}, Relu{}, Linear{3}, Add{1}})},
                {"add of a linear layer and a plane",
                 ending({conv, AdaptiveAvgPool2d{}, Relu{}, Flatten{}, Linear{4}, Add{2}, Linear{3}})},
                {"group_norm after linear", ending({Flatten{}, Linear{6}, GroupNorm{3}, Silu{}, Linear{3}})},
                {"pixels in", model_with(Relu{}), {.raw_input = true}}});
  return cases;
}

inline recipe::Recipe recipe_of(const OnnxCase& onnx_case) {
  recipe::Recipe recipe;
  recipe.name = "case";
  recipe.title = onnx_case.name;
  recipe.model = onnx_case.model;
  return recipe;
}

inline std::string file_of(const OnnxCase& onnx_case) {
  const nn::Weights weights = random_weights(nn::make_plan(onnx_case.model));
  return exports::to_onnx(recipe_of(onnx_case), weights, onnx_case.options);
}

// Models that have every form in which a layer becomes ONNX's operators on integers.
struct IntegerCase {
  std::string name;
  nn::ModelSpec model;
};

inline std::vector<IntegerCase> integer_cases() {
  using namespace nn;
  std::vector<IntegerCase> cases;
  for (const LayerSpec& layer : every_layer()) {
    if (!std::holds_alternative<GroupNorm>(layer) && !std::holds_alternative<AvgPool2d>(layer))
      cases.push_back({std::string(recipe_name(layer)), model_with(layer)});
  }
  const auto ending = [&](std::vector<LayerSpec> layers) {
    return ModelSpec{{2, 7, 6}, 3, std::move(layers)};
  };
  const Conv2d conv{.out_channels = 4, .kernel_size = {3, 3}};
  const Conv2d padded{.out_channels = 4, .kernel_size = {3, 3}, .padding = {1, 1}};
  cases.insert(
      cases.end(),
      {{"conv2d, padded", ending({padded, Relu{}, Flatten{}, Linear{3}})},
       {"relu after a sum", ending({padded, Relu{}, padded, Add{1}, Relu{}, Flatten{}, Linear{3}})},
       {"prelu, one slope", model_with(PRelu{1, 0.5})},
       {"avg_pool2d, tiles", model_with(AvgPool2d{{2, 2}})},
       {"avg_pool2d, padding counts", model_with(AvgPool2d{{3, 3}, {2, 1}, {1, 1}})},
       {"adaptive_avg_pool2d, to 1", model_with(AdaptiveAvgPool2d{})},
       {"batch_norm2d after relu", ending({conv, Relu{}, BatchNorm2d{}, Flatten{}, Linear{3}})},
       {"silu of the image", ending({Silu{}, MaxPool2d{{2, 2}}, Flatten{}, Linear{3}})},
       {"max_pool2d of the image", ending({MaxPool2d{{2, 2}}, Flatten{}, Linear{3}})},
       {"ends in a mean", ending({Conv2d{.out_channels = 3, .kernel_size = {3, 3}}, AdaptiveAvgPool2d{}})},
       {"ends in a sigmoid", ending({conv, AdaptiveAvgPool2d{}, Flatten{}, Linear{3}, Sigmoid{}})},
       {"two linear layers", ending({Flatten{}, Linear{6}, Relu{}, Linear{3}})}});
  return cases;
}

}  // namespace rung::testing

// rung._native.Recipe: a recipe that was read and checked.
#include "recipe/recipe.h"

#include <nanobind/nanobind.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "bindings.h"
#include "ladder/first_recipe.h"
#include "nn/infer.h"
#include "recipe/settings.h"

namespace rung::python {
namespace {

using recipe::Recipe;

Recipe with_settings(const Recipe& recipe, const std::vector<std::pair<std::string, std::string>>& values) {
  std::vector<recipe::Setting> settings;
  for (const auto& [key, value] : values) settings.push_back({key, value});
  return recipe::with_settings(recipe, settings);
}

// The same experiment on images that are all trained on, in memory: nothing is held out or normalised yet.
Recipe on_all_images(Recipe recipe) {
  recipe = recipe::without_validation(std::move(recipe));
  recipe.dataset.test = 0;
  return recipe;
}

std::tuple<int, int, int> input_shape(const Recipe& recipe) {
  const nn::Shape& input = recipe.model.input;
  return {input.channels, input.height, input.width};
}

}  // namespace

void bind_recipe(nb::module_& module) {
  nb::class_<Recipe>(module, "Recipe")
      .def_static("parse", &recipe::parse, nb::arg("toml"), nb::arg("source"))
      .def_static(
          "load", [](nb::handle path) { return recipe::load(path_of(path)); }, nb::arg("path"))
      .def("to_toml", &recipe::to_toml)
      .def("with_settings", &with_settings, nb::arg("settings"))
      .def("with_seed",
           [](Recipe recipe, uint64_t seed) {
             recipe.seed = seed;
             return recipe;
           })
      .def("on_all_images", &on_all_images)
      .def_ro("name", &Recipe::name)
      .def_ro("title", &Recipe::title)
      .def_ro("seed", &Recipe::seed)
      .def_prop_ro("dataset", [](const Recipe& recipe) { return recipe.dataset.name; })
      .def_prop_ro("epochs", [](const Recipe& recipe) { return recipe.training.epochs; })
      .def_prop_ro("classes", [](const Recipe& recipe) { return recipe.model.classes; })
      .def_prop_ro("input_shape", &input_shape)
      .def_prop_ro("params", [](const Recipe& recipe) { return nn::infer(recipe.model).params; })
      .def_prop_ro("macs", [](const Recipe& recipe) { return nn::infer(recipe.model).macs; })
      .def(
          "__eq__", [](const Recipe& recipe, const Recipe& other) { return recipe == other; },
          nb::arg("other"));
  module.def(
      "first_recipe",
      [](const data::Dataset& dataset, const std::string& title, int64_t most_params) {
        return ladder::first_recipe(dataset, dataset.name, title, "auto.toml", most_params).toml;
      },
      nb::arg("dataset"), nb::arg("title"), nb::arg("most_params"));
}

}  // namespace rung::python

#include "ladder/teacher.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "ladder/run.h"
#include "ladder/trained_model.h"
#include "nn/shape.h"
#include "train/run_directory.h"

namespace rung::ladder {
namespace {

namespace fs = std::filesystem;

// A teacher sees the images as the recipe's model does, and names classes as it does.
void require_same_task(const recipe::Recipe& teacher, const recipe::Recipe& recipe, const std::string& run) {
  const auto fail = [&](const std::string& what) {
    throw UsageError(fmt::format("the teacher {} {}", run, what),
                     "train one with the [dataset] of the recipe that it is to teach");
  };
  if (teacher.model.input != recipe.model.input)
    fail(fmt::format("takes images of {}, and the recipe's model {}", nn::to_text(teacher.model.input),
                     nn::to_text(recipe.model.input)));
  if (teacher.model.classes != recipe.model.classes)
    fail(fmt::format("has {} classes, and the recipe's model {}", teacher.model.classes,
                     recipe.model.classes));
  if (teacher.dataset.mean != recipe.dataset.mean || teacher.dataset.std != recipe.dataset.std)
    fail("was trained on images that are normalised by another mean and std");
  if (teacher.dataset.class_names != recipe.dataset.class_names)
    fail("was trained on classes with other names");
}

train::Teacher load_teacher(const optim::Teacher& teacher, const recipe::Recipe& recipe) {
  if (optim::is_recipe(teacher))
    throw UsageError(fmt::format("the teacher {} is a recipe that has not been trained", teacher.source),
                     "train it, and give the folder of that run as the teacher");
  const fs::path run = teacher.source;
  const recipe::Recipe its = recipe_of_run(run);
  if (!is_there(run / train::kResultFile))
    throw UsageError(fmt::format("the teacher {} has not finished its training", teacher.source),
                     fmt::format("resume it with `rung train --resume {}`", teacher.source));
  require_same_task(its, recipe, teacher.source);
  return {its.model, weights_of_run(run, its)};
}

}  // namespace

void resolve_teachers(recipe::Recipe& recipe) {
  if (!recipe.training.distill) return;
  for (optim::Teacher& teacher : recipe.training.distill->teachers)
    if (teacher.weights_sha256.empty())
      teacher.weights_sha256 = nn::weights_sha256(load_teacher(teacher, recipe).weights);
}

train::Experiment experiment_with_teachers(const recipe::Recipe& recipe) {
  train::Experiment experiment = experiment_of(recipe);
  if (!recipe.training.distill) return experiment;
  for (const optim::Teacher& teacher : recipe.training.distill->teachers) {
    experiment.teachers.push_back(load_teacher(teacher, recipe));
    if (nn::weights_sha256(experiment.teachers.back().weights) != teacher.weights_sha256)
      throw UsageError(
          fmt::format("the teacher {} has other weights than when this training began", teacher.source),
          "train the recipe anew, in another folder");
  }
  return experiment;
}

}  // namespace rung::ladder

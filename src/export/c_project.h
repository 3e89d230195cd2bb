// A folder with a model's C source, and all that is needed to check it: a test, a Makefile, a page that
// describes it.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/dataset.h"
#include "export/c_float.h"
#include "quantise/integer_model.h"
#include "recipe/recipe.h"

namespace rung::exports {

struct CFacts {
  std::string title{};  // of the recipe
  std::vector<std::string> classes{};
  int64_t macs = 0;  // of one image
  int test_images = 0;
  int float_correct = 0;  // of these
  // Of the integers.
  int integer_correct = 0;
  double p_value = 1;  // McNemar's test between the two
};

// What the recipe says of them; the rest is for the caller to fill in.
CFacts facts_of(const recipe::Recipe& recipe, int test_images);

// The first of the images, for the test: as the C code takes them, [N][H][W][C].
std::vector<uint8_t> golden_images(const data::Split& images);

// How the files are laid out.
enum class CForm { kFolder, kArduinoLibrary };
// The folders of NAME.c and of NAME_test.c in it, empty if it is the same.
std::string_view source_folder(CForm form);
std::string_view test_folder(CForm form);

// By file name. Precondition: `name` is a C identifier. `golden` are the images of the test, [N][H][W][C].
std::map<std::string, std::string> c_project(const quantise::IntegerModel& model, const std::string& name,
                                             std::span<const uint8_t> golden, const CFacts& facts,
                                             CForm form = CForm::kFolder);
std::map<std::string, std::string> c_project(const FloatModel& model, const std::string& name,
                                             std::span<const uint8_t> golden, const CFacts& facts,
                                             CForm form = CForm::kFolder);

}  // namespace rung::exports

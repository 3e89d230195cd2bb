// Writes the C code and the test of many integer models into a folder: write_models FOLDER RECIPE...
//
// net_0 and so on are random models, the others are the recipes'; all have random weights.
// tests/targets/run.sh builds and runs them on a target.
#include <fmt/format.h>

#include <exception>
#include <filesystem>
#include <string>

#include "base/file.h"
#include "export/c_source.h"
#include "integer_testing.h"
#include "random_model.h"
#include "recipe/recipe.h"

namespace {

namespace fs = std::filesystem;

constexpr int kRandomModels = 50;
constexpr int kImages = 3;

void write(const fs::path& folder, const std::string& name, const rung::nn::ModelSpec& model) {
  const auto integers = rung::testing::random_integer_model(model).integers;
  for (const auto& [file, text] : rung::exports::c_source(integers, name))
    rung::replace_file(folder / file, text, rung::Sync::kNone);
  const auto images = rung::testing::random_images(model.input, kImages, 11);
  rung::replace_file(folder / (name + "_test.c"), rung::exports::c_test(integers, name, images),
                     rung::Sync::kNone);
}

void write_all(const fs::path& folder, const std::vector<std::string>& recipes) {
  fs::create_directories(folder);
  int written = 0;
  for (uint32_t stack = 0; written < kRandomModels; ++stack) {
    rung::testing::Random random(stack);
    try {
      write(folder, fmt::format("net_{}", written), rung::testing::random_model(random, 16));
      ++written;
    } catch (const rung::quantise::Unquantisable&) {  // it has no integer form
    }
  }
  for (const fs::path recipe : recipes) {
    std::string name = recipe.stem().string();
    for (char& c : name) c = c == '-' ? '_' : c;
    write(folder, name, rung::recipe::load(recipe).model);
  }
}

}  // namespace

int main(int count, char** arguments) {
  try {
    write_all(arguments[1], {arguments + 2, arguments + count});
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
  return 0;
}

// Writes the C code, the test and the predicted sizes of many integer models into a folder:
// write_models FOLDER RECIPE... or write_models --varied COUNT FOLDER
//
// net_0 and so on are random models, the others are the recipes'; all have random weights.
// tests/targets/run.sh builds and runs them on a target. The varied models are others, with all parts of the
// C code: tests/targets/code_bytes.py makes the table of code sizes from them.
#include <fmt/format.h>

#include <exception>
#include <filesystem>
#include <string>

#include "base/file.h"
#include "chip/footprint.h"
#include "chip/layout.h"
#include "export/c_source.h"
#include "integer_testing.h"
#include "random_model.h"
#include "recipe/recipe.h"

namespace {

namespace fs = std::filesystem;

constexpr int kRandomModels = 50;
constexpr int kImages = 3;

// NAME.sizes: the parts of its code, and for each target what it takes.
std::string sizes_text(const rung::quantise::IntegerModel& model) {
  const auto layout = rung::chip::lay_out(model);
  std::string text;
  for (const auto& part : rung::chip::code_parts(layout))
    text += fmt::format("part {} {}\n", part.is_used ? 1 : 0, part.name);
  for (const auto& processor : rung::chip::processors()) {
    const auto footprint = rung::chip::footprint_of(layout, processor);
    text += fmt::format("{} {} {} {}\n", processor.name, footprint.flash, footprint.ram, footprint.stack);
  }
  return text;
}

void write(const fs::path& folder, const std::string& name, const rung::nn::ModelSpec& model,
           int weight_bits = 8) {
  const auto integers = rung::testing::random_integer_model(model, weight_bits).integers;
  rung::replace_file(folder / (name + ".sizes"), sizes_text(integers), rung::Sync::kNone);
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

// Puts a layer before layer `at`.
void insert(rung::nn::ModelSpec& model, size_t at, rung::nn::LayerSpec layer) {
  for (auto& other : model.layers) {
    auto* sum = std::get_if<rung::nn::Add>(&other);
    if (sum != nullptr && sum->from >= static_cast<int>(at)) ++sum->from;
  }
  model.layers.insert(model.layers.begin() + static_cast<std::ptrdiff_t>(at), std::move(layer));
}

// A random model of 2 to 10 classes, with functions and slopes by channel; or a linear layer alone.
rung::nn::ModelSpec varied_model(rung::testing::Random& random) {
  rung::nn::ModelSpec model = rung::testing::random_model(random, 20);
  if (random.chance(5)) model.layers = {rung::nn::Flatten{}, rung::nn::Linear{2, true}};
  if (random.chance(70)) {
    model.classes = random.between(3, 10);
    model.layers.back() = rung::nn::Linear{model.classes, true};
  }
  for (size_t at = 1; at + 2 < model.layers.size(); ++at) {
    if (random.chance(6)) {
      insert(model, at, rung::nn::Silu{});
    } else if (random.chance(6)) {
      insert(model, at, rung::nn::PRelu{rung::nn::infer(model).layers[at].input.channels});
    } else if (random.chance(25)) {
      insert(model, at, rung::nn::Relu{});
    }
  }
  return model;
}

void write_varied(const fs::path& folder, int count) {
  fs::create_directories(folder);
  int written = 0;
  for (uint32_t stack = 1000; written < count; ++stack) {
    rung::testing::Random random(stack);
    const int weight_bits = random.chance(70) ? 8 : random.chance(50) ? 4 : 2;
    try {
      write(folder, fmt::format("net_{}", written), varied_model(random), weight_bits);
      ++written;
    } catch (const rung::quantise::Unquantisable&) {  // it has no integer form
    }
  }
}

}  // namespace

int main(int count, char** arguments) {
  try {
    if (std::string(arguments[1]) == "--varied") {
      write_varied(arguments[3], std::stoi(arguments[2]));
    } else {
      write_all(arguments[1], {arguments + 2, arguments + count});
    }
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
  return 0;
}

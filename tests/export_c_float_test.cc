// The C code of models in float32 against Rung's own kernels, for every layer and for random models, built as
// strictly as a C compiler can and run with sanitizers.
#include "export/c_float.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "every_layer.h"
#include "integer_testing.h"
#include "random_model.h"

namespace rung::exports {
namespace {

namespace fs = std::filesystem;
using nn::ModelSpec;

constexpr int kImages = 20;  // more than a block

class ExportCFloatTest : public ::testing::Test {
 protected:
  ExportCFloatTest() : folder_(fs::path(::testing::TempDir()) / fmt::format("export_c_float_{}", getpid())) {
    fs::create_directories(folder_);
  }
  ~ExportCFloatTest() override {
    if (!HasFailure()) fs::remove_all(folder_);
  }

  // Builds the code and runs its test.
  void expect_same(const ModelSpec& spec) {
    const nn::Weights weights = rung::testing::random_weights(nn::make_plan(spec));
    const FloatModel model{nn::graph::fold_batch_norms(nn::graph::make_graph(spec, weights)),
                           rung::testing::pixel_mean(spec.input), rung::testing::pixel_std(spec.input)};
    for (const auto& [file, text] : c_float_source(model, "net"))
      replace_file(folder_ / file, text, Sync::kNone);
    const auto images = rung::testing::random_images(spec.input, kImages, 11);
    replace_file(folder_ / "net_test.c", c_float_test(model, "net", images), Sync::kNone);
    const std::string build = fmt::format(
        "cd '{}' && ${{CC:-cc}} -std=c99 -O1 -Wall -Wextra -Wconversion -pedantic -Werror "
        "-fsanitize=address,undefined -fno-sanitize-recover=all net.c net_test.c -o net_test -lm >log 2>&1 "
        "&& "
        "./net_test >>log 2>&1 && test $(nm -S -t d net_test | awk '$4 == \"memory\" {{ print $2 + 0 }}') "
        "-ge {}",
        folder_.string(), sizes_of(model).ram);
    EXPECT_EQ(std::system(build.c_str()), 0)  // NOLINT: a compiler of the user's
        << read_text_file(folder_ / "log", 1 << 20).substr(0, 2000) << "\nin " << folder_.string();
  }

 private:
  fs::path folder_;
};

TEST_F(ExportCFloatTest, EveryLayerGivesTheSameLogits) {
  for (const nn::LayerSpec& layer : rung::testing::every_layer()) {
    SCOPED_TRACE(recipe_name(layer));
    expect_same(rung::testing::model_with(layer));
  }
}

TEST_F(ExportCFloatTest, RandomModelsGiveTheSameLogits) {
  for (uint32_t stack = 0; stack < 30; ++stack) {
    rung::testing::Random random(stack);
    const ModelSpec model = rung::testing::random_model(random, 16);
    SCOPED_TRACE(rung::testing::text(model));
    expect_same(model);
    if (HasFailure()) FAIL() << "in stack " << stack;
  }
}

// A planned memory is smaller than all planes together: no activation takes a plane of its own, and two that
// a convolution reads and writes are what this model needs at once.
TEST_F(ExportCFloatTest, PlanesShareMemory) {
  const ModelSpec spec{
      {1, 8, 8},
      3,
      {nn::Conv2d{.out_channels = 4, .kernel_size = {1, 1}}, nn::Relu{},
       nn::Conv2d{.out_channels = 4, .kernel_size = {1, 1}}, nn::Silu{}, nn::Flatten{}, nn::Linear{3, true}}};
  const nn::Weights weights = rung::testing::random_weights(nn::make_plan(spec));
  const FloatModel model{nn::graph::make_graph(spec, weights), 0, 1};
  EXPECT_EQ(sizes_of(model).ram, 4 * (4 + 4) * 64);
}

}  // namespace
}  // namespace rung::exports

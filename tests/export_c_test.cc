// The C code of integer models against Rung's own integer engine: every logit of every image, for every layer
// and for random models, built as strictly as a C compiler can and run with sanitizers.
#include "export/c_source.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "chip/layout.h"
#include "every_layer.h"
#include "integer_testing.h"
#include "random_model.h"

namespace rung::exports {
namespace {

namespace fs = std::filesystem;
using nn::LayerSpec;
using nn::ModelSpec;

constexpr int kImages = 5;

class ExportCTest : public ::testing::Test {
 protected:
  ExportCTest() : folder_(fs::path(::testing::TempDir()) / fmt::format("export_c_{}", getpid())) {
    fs::create_directories(folder_);
  }
  ~ExportCTest() override {
    if (!HasFailure()) fs::remove_all(folder_);
  }

  // Builds the code and runs its test. False if the model has no integer form.
  bool expect_same(const ModelSpec& model, int weight_bits = 8) {
    try {
      expect_same(rung::testing::random_integer_model(model, weight_bits).integers);
    } catch (const quantise::Unquantisable&) {
      return false;
    }
    return true;
  }

 private:
  void expect_same(const quantise::IntegerModel& model) {
    for (const auto& [file, text] : c_source(model, "net")) replace_file(folder_ / file, text, Sync::kNone);
    const auto images = rung::testing::random_images(model.nodes[0].output, kImages, 11);
    replace_file(folder_ / "net_test.c", c_test(model, "net", images), Sync::kNone);
    const std::string build = fmt::format(
        "cd '{}' && ${{CC:-cc}} -std=c99 -O1 -Wall -Wextra -Wconversion -pedantic -Werror "
        "-fsanitize=address,undefined -fno-sanitize-recover=all net.c net_test.c -o net_test >log 2>&1 && "
        "./net_test >>log 2>&1 && ${{CXX:-c++}} -std=c++11 -Wall -Wextra -pedantic -Werror -fsyntax-only -x "
        "c++ "
        "-include net.h /dev/null >>log 2>&1",
        folder_.string());
    ASSERT_EQ(std::system(build.c_str()), 0)  // NOLINT: a compiler of the user's
        << read_text_file(folder_ / "log", 1 << 20).substr(0, 2000) << "\nin " << folder_.string();
    expect_sizes(chip::sizes_of(chip::lay_out(model)));
  }

  // What the compiler says of the symbols: r is read-only data, b is memory that begins as zeros.
  void expect_sizes(const chip::Sizes& sizes) {
    const std::string count = fmt::format(
        "cd '{}' && ${{CC:-cc}} -std=c99 -O0 -c net.c && test \"$(nm -S -t d net.o | awk '$3 == \"r\" {{ r "
        "+= $2 }} "
        "$3 == \"b\" {{ b += $2 }} END {{ print r, b }}' | tee log)\" = '{} {}'",
        folder_.string(), sizes.constants, sizes.ram);
    EXPECT_EQ(std::system(count.c_str()), 0)  // NOLINT: a compiler of the user's
        << sizes.constants << " " << sizes.ram << " are " << read_text_file(folder_ / "log", 1000);
  }

  fs::path folder_;
};

TEST_F(ExportCTest, EveryLayerGivesTheSameLogits) {
  for (const LayerSpec& layer : rung::testing::every_layer()) {
    SCOPED_TRACE(recipe_name(layer));
    expect_same(rung::testing::model_with(layer));
  }
}

TEST_F(ExportCTest, RandomModelsGiveTheSameLogits) {
  int same = 0;
  for (uint32_t stack = 0; same < 50; ++stack) {
    rung::testing::Random random(stack);
    const ModelSpec model = rung::testing::random_model(random, 16);
    SCOPED_TRACE(rung::testing::text(model));
    if (expect_same(model)) ++same;
    if (HasFailure()) FAIL() << "in stack " << stack;
  }
}

TEST_F(ExportCTest, WeightsOfFewerBitsGiveTheSameLogits) {
  for (const int bits : {4, 2}) {
    for (uint32_t stack = 0; stack < 5; ++stack) {
      rung::testing::Random random(stack);
      const ModelSpec model = rung::testing::random_model(random, 12);
      SCOPED_TRACE(fmt::format("{} bits: {}", bits, rung::testing::text(model)));
      expect_same(model, bits);
    }
  }
}

}  // namespace
}  // namespace rung::exports

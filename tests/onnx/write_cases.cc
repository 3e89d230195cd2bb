// Writes what other programs are to compute as Rung does.
// rung_onnx_cases FOLDER: for each of onnx_cases.h, NUMBER.onnx, NUMBER.images ([16, C, H, W]), NUMBER.logits
// ([16, classes], float32) and a line of cases.tsv; NUMBER is int8-... of integer models.
// rung_onnx_cases FOLDER RUN_DIR DATA: of MNIST's test images trained.images ([N, 1, 28, 28], uint8), the
// run's trained.logits ([N, 10], float32), and trained.integers ([N, 10], int32), the logits of its integer
// model.
#include <fmt/format.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "data/dataset.h"
#include "integer_testing.h"
#include "onnx/onnx.pb.h"
#include "onnx_cases.h"
#include "rung/model.h"
#include "train/calibrate.h"
#include "train/checkpoint.h"
#include "train/run_directory.h"
#include "train/trainer.h"

namespace {

using rung::kernels::kLanes;

template <typename T>
void write(const std::filesystem::path& path, const std::vector<T>& values) {
  rung::write_output(path, std::as_bytes(std::span(values)));
}

// [16][values] of [values][16].
template <typename T>
std::vector<T> images_first(const std::vector<T>& block) {
  const size_t values = block.size() / kLanes;
  std::vector<T> result;
  for (size_t lane = 0; lane < kLanes; ++lane) {
    for (size_t i = 0; i < values; ++i) result.push_back(block[i * kLanes + lane]);
  }
  return result;
}

// Each operator once, in the order of their first use.
std::string operators_of(const std::string& file) {
  onnx::ModelProto proto;
  if (!proto.ParseFromString(file)) throw rung::DataError("not an ONNX file");
  std::vector<std::string> names;
  for (const auto& node : proto.graph().node())
    if (std::ranges::find(names, node.op_type()) == names.end()) names.push_back(node.op_type());
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// The normalised images, and what the file takes for them.
struct Images {
  std::vector<float> normalised;
  std::vector<uint8_t> pixels;
};

Images random_pixels(const rung::recipe::Recipe& recipe) {
  Images images{rung::testing::random_images(recipe.model.input), {}};
  for (float& value : images.normalised) {
    images.pixels.push_back(static_cast<uint8_t>((value + 1) * 127));
    value = static_cast<float>((images.pixels.back() / 255.0 - recipe.dataset.mean->of_channel(0)) /
                               recipe.dataset.std->of_channel(0));
  }
  return images;
}

std::string write_case(const rung::testing::OnnxCase& c, const std::filesystem::path& path) {
  const auto at = [&](const char* extension) { return path.string() + extension; };
  Images images{rung::testing::random_images(c.model.input), {}};
  if (c.options.raw_input) images = random_pixels(recipe_of(c));
  const auto weights = rung::testing::random_weights(rung::nn::make_plan(c.model));
  const std::string file = file_of(c);
  rung::write_output(at(".onnx"), file);
  if (c.options.raw_input) {
    write(at(".images"), images_first(images.pixels));
  } else {
    write(at(".images"), images_first(images.normalised));
  }
  write(at(".logits"), images_first(rung::testing::engine_logits(c.model, weights, images.normalised)));
  const rung::nn::Shape& s = c.model.input;
  return fmt::format("{}\t{}\t{}\t{} {} {}\n", path.filename().string(), c.name, operators_of(file),
                     s.channels, s.height, s.width);
}

std::string write_integer_case(const rung::testing::IntegerCase& c, const char* form_name,
                               const std::filesystem::path& path) {
  const auto at = [&](const char* extension) { return path.string() + extension; };
  const auto [weights, graph, integers] = rung::testing::random_integer_model(c.model);
  rung::recipe::Recipe recipe;
  recipe.name = "case";
  recipe.model = c.model;
  recipe.dataset.mean = rung::testing::pixel_mean(c.model.input);
  recipe.dataset.std = rung::testing::pixel_std(c.model.input);
  const auto form = form_name == std::string("qdq") ? rung::exports::IntegerForm::kQdq
                                                    : rung::exports::IntegerForm::kQlinear;
  const std::string file = to_integer_onnx(recipe, weights, integers, form, {.raw_input = true});
  rung::write_output(at(".onnx"), file);
  const rung::nn::Shape& s = c.model.input;
  const std::vector<uint8_t> images = rung::testing::random_images(s, kLanes, 7);
  std::vector<uint8_t> channels_first;
  std::vector<float> logits;
  rung::quantise::IntegerRunner runner(integers);
  const auto& unit = integers.nodes.back().quantisation;
  const auto plane = static_cast<size_t>(s.height * s.width);
  const auto channels = static_cast<size_t>(s.channels);
  for (size_t lane = 0; lane < kLanes; ++lane) {
    const auto image = std::span(images).subspan(lane * plane * channels, plane * channels);
    for (size_t i = 0; i < image.size(); ++i)
      channels_first.push_back(image[i % plane * channels + i / plane]);
    for (const int32_t logit : runner.run(image))
      logits.push_back(static_cast<float>(unit.scale * (logit - unit.zero)));
  }
  write(at(".images"), channels_first);
  write(at(".logits"), logits);
  return fmt::format("{}\t{}\t{}\t{} {} {}\n", path.filename().string(), c.name, operators_of(file),
                     s.channels, s.height, s.width);
}

void write_cases(const std::filesystem::path& folder) {
  std::string table;
  int number = 0;
  for (const auto& c : rung::testing::onnx_cases())
    table += write_case(c, folder / fmt::format("{:02}", number++));
  number = 0;
  for (const auto& c : rung::testing::integer_cases()) {
    for (const char* form : {"qdq", "qlinear"})
      table += write_integer_case(c, form, folder / fmt::format("int8-{:02}-{}", number, form));
    ++number;
  }
  rung::write_output(folder / "cases.tsv", table);
}

std::vector<int32_t> integer_logits(const std::filesystem::path& run, const rung::data::Dataset& mnist) {
  const rung::recipe::Recipe recipe = rung::recipe::load_stored(run / rung::train::kRecipeFile);
  const rung::nn::Weights weights = rung::train::load_weights(
      rung::nn::make_plan(recipe.model), run / rung::train::kCheckpointFile, rung::recipe::to_toml(recipe));
  rung::ThreadPool pool(1);
  const auto integers =
      rung::train::calibrate(recipe.model, weights, recipe.dataset,
                             rung::train::training_part(mnist, recipe.dataset.validation.images), 8, pool);
  rung::quantise::IntegerRunner runner(integers.model);
  std::vector<int32_t> logits;
  for (size_t i = 0; i < mnist.test.pixels.size(); i += 28 * 28) {
    const auto values = runner.run(std::span(mnist.test.pixels).subspan(i, 28 * 28));
    logits.insert(logits.end(), values.begin(), values.end());
  }
  return logits;
}

void write_trained(const std::filesystem::path& folder, const char* run, const char* data) {
  const rung::data::Dataset mnist = rung::data::load_dataset("mnist", data);
  const rung::data::Split& images = mnist.test;
  rung::Model model = rung::Model::load(run, {});
  write(folder / "trained.images", images.pixels);
  write(folder / "trained.logits",
        model.predict_logits({images.pixels, images.count, images.height, images.width}));
  write(folder / "trained.integers", integer_logits(run, mnist));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2) {
    write_cases(argv[1]);
  } else if (argc == 4) {
    write_trained(argv[1], argv[2], argv[3]);
  } else {
    return 2;
  }
}

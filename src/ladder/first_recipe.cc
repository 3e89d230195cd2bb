// The networks are step 6's idea at any size: pairs of 3x3 convolutions with batch norm, poolings between
// pairs, the mean over the plane, and a linear layer; as wide as the budget allows.
#include "ladder/first_recipe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "base/toml_string.h"
#include "nn/infer.h"
#include "recipe/recipe.h"

namespace rung::ladder {
namespace {

constexpr int kLeastWidth = 2;
constexpr int kMostWidth = 64;
constexpr int kLastSide = 8;          // of a plane that is not pooled any more
constexpr int kLargestOpenSide = 16;  // the same without padding
constexpr int kLeastOpenSide = 6;     // for two convolutions without padding
// Multiply-accumulates of training that a laptop's processor does in most of a minute.
constexpr double kMostMacs = 1.1e12;
constexpr int kPasses = 3;  // forward, and both gradients
constexpr int kFewestEpochs = 4;
constexpr int kMostEpochs = 60;

class Model {
 public:
  Model(const data::Dataset& dataset, Shape shape, int width)
      : dataset_(dataset),
        side_(std::min(dataset.train.height, dataset.train.width)),
        shape_(side_ < kLeastOpenSide ? Shape::kFast : shape),
        width_(width) {}

  const data::Dataset& dataset() const { return dataset_; }

  std::string toml() const {
    const data::Split& train = dataset_.train;
    return fmt::format("[model]\ninput = [{}, {}, {}]  # channels, rows, columns\nclasses = {}\nlayers = [\n",
                       train.channels, train.height, train.width, dataset_.classes) +
           (shape_ == Shape::kFast ? fast_layers() : small_layers()) +
           fmt::format(
               "  {{ type = \"adaptive_avg_pool2d\", output_size = 1 }},\n  {{ type = \"linear\", "
               "out_features = "
               "{} }},\n]\n\n[model.stages]\n",
               dataset_.classes) +
           (is_reduced() ? stage("reduce", "stride = 2, padding = 1, ") : "") +
           stage("conv3x3", shape_ == Shape::kFast ? "padding = 1, " : "");
  }

 private:
  static constexpr const char* kPooling = "  { type = \"max_pool2d\", kernel_size = 2 },\n";

  bool is_reduced() const { return shape_ == Shape::kFast && side_ > kLastSide; }

  std::string fast_layers() const {
    std::string text = is_reduced() ? convolutions("reduce", width_, 1) + convolutions("conv3x3", width_, 1)
                                    : convolutions("conv3x3", width_, 2);
    int stage = 1;
    for (int side = side_; side > kLastSide; side /= 2)
      text += kPooling + convolutions("conv3x3", width_ * (2 + stage++) / 2, 2);
    return text;
  }

  // Without padding each convolution takes two pixels off a side.
  std::string small_layers() const {
    std::string text;
    int stage = 0;
    for (int side = side_; side >= kLeastOpenSide; ++stage) {
      text += convolutions("conv3x3", width_ * (8 + stage) / 8, 2);
      side -= 4;
      if (side <= kLargestOpenSide) continue;
      text += kPooling;
      side /= 2;
    }
    return text;
  }

  static std::string convolutions(const char* stage, int channels, int count) {
    const std::string repeat = count == 1 ? "" : fmt::format(", repeat = {}", count);
    return fmt::format("  {{ stage = \"{}\", out_channels = {}{} }},\n", stage, channels, repeat);
  }

  static std::string stage(const char* name, const char* options) {
    return fmt::format(
        "{} = [\n  {{ type = \"conv2d\", kernel_size = 3, {}bias = false }},\n"
        "  {{ type = \"batch_norm2d\" }},\n  {{ type = \"relu\" }},\n]\n",
        name, options);
  }

  const data::Dataset& dataset_;
  int side_;
  Shape shape_;
  int width_;
};

int batch_size(int images) {
  return images >= 10'000 ? 128 : images >= 1'000 ? 64 : 16;
}

int epochs_for(int images, int64_t macs) {
  const double epoch = static_cast<double>(kPasses) * static_cast<double>(macs) * images;
  return std::clamp(static_cast<int>(kMostMacs / epoch), kFewestEpochs, kMostEpochs);
}

std::string dataset_toml(const data::Dataset& dataset, const std::string& name) {
  const std::string classes =
      dataset.class_names.empty()
          ? counted(static_cast<size_t>(dataset.classes), "class")
          : fmt::format("{} classes: {}", dataset.classes,
                        shortened(fmt::format("{}", fmt::join(dataset.class_names, ", ")), 80));
  std::string text = fmt::format("# {} training images, {} for the test; {}.\n[dataset]\nname = {}\n",
                                 with_commas(dataset.train.count), with_commas(dataset.test.count), classes,
                                 toml_string(name));
  text += "validation = 0.1  # a tenth of the training images is held out: choose by them, not by the test\n";
  if (dataset.test.count == 0)
    text += "test = 0.2  # there are no test images: a fifth of the others takes their place\n";
  return text;
}

constexpr const char* kAugment = R"(
# Each epoch sees every image turned, moved and scaled a little. Take out what changes the class of yours, and try
# more of it where training accuracy is far above test accuracy. `rung data show --augment` shows what comes out.
[[augment]]
type = "random_affine"
degrees = 8
translate = [0.05, 0.05]
scale = [0.95, 1.05]
interpolation = "bilinear"
)";

constexpr const char* kOptimizer = R"(
# The learning rate rises to max_lr and falls to nothing. If training diverges, lower it first.
[optimizer]
type = "sgd"
nesterov = true
weight_decay = 5e-4

[lr_scheduler]
type = "one_cycle_lr"
max_lr = 0.1
pct_start = 0.2
)";

std::string recipe_toml(const Model& model, const std::string& name, const std::string& title,
                        const std::string& file, int64_t most_params, int epochs) {
  const data::Dataset& dataset = model.dataset();
  return fmt::format(
             "# A first recipe, by `rung new`. To train it: rung train {}\n# docs/recipes.md has every key; "
             "`rung summary {}`"
             " says how large the layers are.\ntitle = {}\nseed = 1  # another one gives other weights: "
             "`rung sweep` "
             "tells luck from progress\n\n[[targets]]\nmetric = \"params\"\nat_most = {}\n\n",
             file, file, toml_string(title), most_params) +
         dataset_toml(dataset, name) + kAugment +
         "\n# Fewer channels make it smaller and faster, more make it better.\n" + model.toml() +
         fmt::format("\n[training]\nepochs = {}\nbatch_size = {}\n", epochs,
                     batch_size(dataset.train.count)) +
         kOptimizer;
}

}  // namespace

FirstRecipe first_recipe(const data::Dataset& dataset, const std::string& name, const std::string& title,
                         const std::string& file, int64_t most_params, Shape shape) {
  const auto written = [&](int width, int epochs) {
    return recipe_toml(Model(dataset, shape, width), name, title, file, most_params, epochs);
  };
  const auto info_of = [&](int width) {
    return nn::infer(recipe::parse(written(width, kFewestEpochs), file).model);
  };
  int width = kMostWidth;
  while (width > kLeastWidth && info_of(width).params > most_params) --width;
  const nn::ModelInfo info = info_of(width);
  if (info.params > most_params)
    throw UsageError(fmt::format("{} parameters are too few for {} classes of images of {}", most_params,
                                 dataset.classes, data::size_text(dataset.train.height, dataset.train.width)),
                     fmt::format("the smallest network here has {}", with_commas(info.params)));
  const int epochs = epochs_for(dataset.train.count, info.macs);
  return {written(width, epochs), info.params, epochs};
}

}  // namespace rung::ladder

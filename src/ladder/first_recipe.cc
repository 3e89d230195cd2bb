// The network is step 6's idea at any size: pairs of 3x3 convolutions with batch norm, a pooling between
// pairs until planes are at most 8 pixels wide, the mean over the plane, and a linear layer; as wide as the
// budget allows. The very first convolution has a stride of 2, if there is any pooling: an epoch takes a
// third of the time without it, and three times the epochs bring more. Of two seeds each, after the same
// time: Fashion-MNIST 89.9 and 89.8 % with a stride of 1, 90.3 and 90.7 % with 2; MNIST's held-out loss
// 0.0259 and 0.0256, then 0.0225 and 0.0229. Of 2,000 images of Fashion-MNIST, four seeds: 83.4 % with a
// stride of 1 and 30 epochs, with 2 and 60 epochs 84.8 % in two thirds of the time.
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
constexpr int kLastSide = 8;  // of a plane that is not pooled any more
// Multiply-accumulates of training that a laptop's processor does in most of a minute.
constexpr double kMostMacs = 1.1e12;
constexpr int kPasses = 3;  // forward, and both gradients
constexpr int kFewestEpochs = 4;
constexpr int kMostEpochs = 60;

struct Model {
  const data::Dataset& dataset;
  int width = 0;

  int stages() const {
    int stages = 1;
    for (int side = std::min(dataset.train.height, dataset.train.width); side > kLastSide; side /= 2)
      ++stages;
    return stages;
  }

  std::string toml() const {
    const data::Split& train = dataset.train;
    std::string text =
        fmt::format("[model]\ninput = [{}, {}, {}]  # channels, rows, columns\nclasses = {}\nlayers = [\n",
                    train.channels, train.height, train.width, dataset.classes);
    const bool is_reduced = stages() > 1;
    for (int stage = 0; stage < stages(); ++stage) {
      const int channels = width * (2 + stage) / 2;
      if (stage == 0 && is_reduced) {
        text += fmt::format("  {{ stage = \"reduce\", out_channels = {} }},\n", channels);
        text += fmt::format("  {{ stage = \"conv3x3\", out_channels = {} }},\n", channels);
        continue;
      }
      if (stage > 0) text += "  { type = \"max_pool2d\", kernel_size = 2 },\n";
      text += fmt::format("  {{ stage = \"conv3x3\", out_channels = {}, repeat = 2 }},\n", channels);
    }
    text += fmt::format(
        "  {{ type = \"adaptive_avg_pool2d\", output_size = 1 }},\n  {{ type = \"linear\", out_features = {} "
        "}},\n]\n",
        dataset.classes);
    text += "\n[model.stages]\n";
    if (is_reduced) text += stage_toml("reduce", "stride = 2, ");
    return text + stage_toml("conv3x3", "");
  }

  static std::string stage_toml(const char* name, const char* stride) {
    return fmt::format(
        "{} = [\n  {{ type = \"conv2d\", kernel_size = 3, {}padding = 1, bias = false }},\n"
        "  {{ type = \"batch_norm2d\" }},\n  {{ type = \"relu\" }},\n]\n",
        name, stride);
  }
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
  const data::Dataset& dataset = model.dataset;
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
                         const std::string& file, int64_t most_params) {
  const auto written = [&](int width, int epochs) {
    return recipe_toml({dataset, width}, name, title, file, most_params, epochs);
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

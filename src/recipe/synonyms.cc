#include "recipe/synonyms.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/fields.h"
#include "base/text.h"
#include "optim/training_spec.h"

namespace rung::recipe {
namespace {

struct Synonym {
  std::string_view word;  // as bare() gives it
  std::string_view meaning;
};

// A word may have several meanings, likeliest first; its place decides which of them counts.
constexpr std::array kSynonyms = {
    // Tables.
    Synonym{"train", "training"},
    Synonym{"fit", "training"},
    Synonym{"trainer", "training"},
    Synonym{"data", "dataset"},
    Synonym{"optim", "optimizer"},
    Synonym{"optimiser", "optimizer"},
    Synonym{"solver", "optimizer"},
    Synonym{"scheduler", "lr_scheduler"},
    Synonym{"schedule", "lr_scheduler"},
    Synonym{"lrschedule", "lr_scheduler"},
    Synonym{"learningrateschedule", "lr_scheduler"},
    Synonym{"learningratescheduler", "lr_scheduler"},
    Synonym{"warmup", "lr_warmup"},
    Synonym{"averaging", "ema"},
    Synonym{"averagedmodel", "ema"},
    Synonym{"augmentation", "augment"},
    Synonym{"augmentations", "augment"},
    Synonym{"transform", "augment"},
    Synonym{"transforms", "augment"},
    Synonym{"network", "model"},
    Synonym{"net", "model"},
    Synonym{"architecture", "model"},
    Synonym{"blocks", "stages"},
    Synonym{"goals", "targets"},
    // Keys of [dataset] and [model].
    Synonym{"path", "name"},
    Synonym{"root", "name"},
    Synonym{"folder", "name"},
    Synonym{"dir", "name"},
    Synonym{"directory", "name"},
    Synonym{"val", "validation"},
    Synonym{"valsplit", "validation"},
    Synonym{"validationsplit", "validation"},
    Synonym{"validationsize", "validation"},
    Synonym{"inputshape", "input"},
    Synonym{"inputsize", "input"},
    Synonym{"numclasses", "classes"},
    Synonym{"nclasses", "classes"},
    Synonym{"numlabels", "classes"},
    // Keys of [training].
    Synonym{"nepochs", "epochs"},
    Synonym{"numepochs", "epochs"},
    Synonym{"maxepochs", "epochs"},
    Synonym{"epoch", "epochs"},
    Synonym{"bs", "batch_size"},
    Synonym{"batch", "batch_size"},
    Synonym{"minibatchsize", "batch_size"},
    Synonym{"smoothing", "label_smoothing"},
    Synonym{"dtype", "precision"},
    Synonym{"amp", "precision"},
    Synonym{"autocast", "precision"},
    Synonym{"bfloat16", "bf16"},
    Synonym{"randomstate", "seed"},
    Synonym{"randomseed", "seed"},
    // Keys and kinds of [optimizer].
    Synonym{"learningrate", "lr"},
    Synonym{"eta", "lr"},
    Synonym{"wd", "weight_decay"},
    Synonym{"decay", "weight_decay"},
    Synonym{"l2", "weight_decay"},
    Synonym{"epsilon", "eps"},
    Synonym{"beta", "betas"},
    Synonym{"beta1", "betas"},
    Synonym{"beta2", "betas"},
    // Keys and kinds of [lr_scheduler] and [lr_warmup].
    Synonym{"step", "step_lr"},
    Synonym{"multistep", "multi_step_lr"},
    Synonym{"exponential", "exponential_lr"},
    Synonym{"exp", "exponential_lr"},
    Synonym{"exponentialdecay", "exponential_lr"},
    Synonym{"cosine", "cosine_annealing_lr"},
    Synonym{"cosinelr", "cosine_annealing_lr"},
    Synonym{"cosineannealing", "cosine_annealing_lr"},
    Synonym{"cosinedecay", "cosine_annealing_lr"},
    Synonym{"onecycle", "one_cycle_lr"},
    Synonym{"1cycle", "one_cycle_lr"},
    Synonym{"cyclic", "cyclic_lr"},
    Synonym{"constant", "none"},
    Synonym{"constantlr", "none"},
    Synonym{"minlr", "eta_min"},
    Synonym{"etamax", "max_lr"},
    Synonym{"steps", "total_iters"},
    Synonym{"warmupsteps", "total_iters"},
    Synonym{"warmupepochs", "epochs"},
    Synonym{"factor", "gamma"},
    Synonym{"factor", "start_factor"},
    // Layers.
    Synonym{"conv", "conv2d"},
    Synonym{"convolution", "conv2d"},
    Synonym{"convolution2d", "conv2d"},
    Synonym{"depthwiseconv2d", "conv2d"},
    Synonym{"bn", "batch_norm2d"},
    Synonym{"batchnorm", "batch_norm2d"},
    Synonym{"batchnormalization", "batch_norm2d"},
    Synonym{"norm", "batch_norm2d"},
    Synonym{"dense", "linear"},
    Synonym{"fc", "linear"},
    Synonym{"fullyconnected", "linear"},
    Synonym{"maxpool", "max_pool2d"},
    Synonym{"maxpooling2d", "max_pool2d"},
    Synonym{"pool", "max_pool2d"},
    Synonym{"avgpool", "avg_pool2d"},
    Synonym{"averagepool", "avg_pool2d"},
    Synonym{"averagepool2d", "avg_pool2d"},
    Synonym{"averagepooling2d", "avg_pool2d"},
    Synonym{"gap", "adaptive_avg_pool2d"},
    Synonym{"globalavgpool", "adaptive_avg_pool2d"},
    Synonym{"globalavgpool2d", "adaptive_avg_pool2d"},
    Synonym{"globalaveragepooling", "adaptive_avg_pool2d"},
    Synonym{"globalaveragepooling2d", "adaptive_avg_pool2d"},
    Synonym{"adaptiveavgpool", "adaptive_avg_pool2d"},
    Synonym{"drop", "dropout"},
    Synonym{"swish", "silu"},
    Synonym{"lrelu", "leaky_relu"},
    Synonym{"residual", "add"},
    Synonym{"shortcut", "add"},
    Synonym{"skip", "add"},
    Synonym{"view", "flatten"},
    Synonym{"reshape", "flatten"},
    // Their options.
    Synonym{"filters", "out_channels"},
    Synonym{"channels", "out_channels"},
    Synonym{"outplanes", "out_channels"},
    Synonym{"units", "out_features"},
    Synonym{"features", "out_features"},
    Synonym{"neurons", "out_features"},
    Synonym{"kernel", "kernel_size"},
    Synonym{"ksize", "kernel_size"},
    Synonym{"poolsize", "kernel_size"},
    Synonym{"size", "kernel_size"},
    Synonym{"strides", "stride"},
    Synonym{"pad", "padding"},
    Synonym{"dilationrate", "dilation"},
    Synonym{"usebias", "bias"},
    Synonym{"rate", "p"},
    Synonym{"prob", "p"},
    Synonym{"probability", "p"},
    Synonym{"slope", "negative_slope"},
    // Augmentation.
    Synonym{"rotation", "random_rotation"},
    Synonym{"rotate", "random_rotation"},
    Synonym{"affine", "random_affine"},
    Synonym{"jitter", "color_jitter"},
    Synonym{"colourjitter", "color_jitter"},
    Synonym{"perspective", "random_perspective"},
    Synonym{"elastic", "elastic_transform"},
    Synonym{"blur", "gaussian_blur"},
    Synonym{"crop", "random_crop"},
    Synonym{"translation", "random_crop"},
    Synonym{"flip", "random_horizontal_flip"},
    Synonym{"hflip", "random_horizontal_flip"},
    Synonym{"randomflip", "random_horizontal_flip"},
    Synonym{"randomhflip", "random_horizontal_flip"},
    Synonym{"horizontalflip", "random_horizontal_flip"},
    Synonym{"fliphorizontal", "random_horizontal_flip"},
    Synonym{"randomflipleftright", "random_horizontal_flip"},
    Synonym{"fliplr", "random_horizontal_flip"},
    Synonym{"mirror", "random_horizontal_flip"},
    Synonym{"vflip", "random_vertical_flip"},
    Synonym{"randomvflip", "random_vertical_flip"},
    Synonym{"verticalflip", "random_vertical_flip"},
    Synonym{"flipvertical", "random_vertical_flip"},
    Synonym{"randomflipupdown", "random_vertical_flip"},
    Synonym{"flipud", "random_vertical_flip"},
    Synonym{"erasing", "random_erasing"},
    Synonym{"cutout", "random_erasing"},
    Synonym{"angle", "degrees"},
};

// Keys of every kind of table, once for each kind that has them.
template <typename Variant>
void add_keys(std::string_view place, std::vector<Home>& homes) {
  for_each_kind<Variant>([&]<typename Spec>() {
    for_each_field<Spec>([&](const auto& field) { homes.push_back({field.name, place}); });
  });
}

// Of several places of one key, the first counts.
std::vector<Home> make_homes() {
  std::vector<Home> homes = {
      {"epochs", "in [training]"},
      {"batch_size", "in [training]"},
      {"label_smoothing", "in [training]"},
      {"precision", "in [training]"},
      {"validation", "in [dataset]"},
      {"classes", "in [model]"},
      {"layers", "in [model]"},
      {"input", "in [model]"},
      {"total_iters", "in [lr_warmup]"},
      {"seed", "at the top of the recipe, before any table"},
  };
  add_keys<optim::Optimizer>("in [optimizer]", homes);
  add_keys<optim::LrScheduler>("in [lr_scheduler]", homes);
  return homes;
}

// Lower case, and only letters and digits: "conv2d" of "Conv2D", "steplr" of "step_lr" and "StepLR".
std::string bare(std::string_view word) {
  std::string result;
  for (const char letter : word) {
    if (letter >= 'A' && letter <= 'Z') result += static_cast<char>(letter - 'A' + 'a');
    if ((letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9')) result += letter;
  }
  return result;
}

// The candidate that is the word itself, spelt otherwise, or a synonym of it.
std::optional<std::string_view> synonym(const std::string& word,
                                        std::span<const std::string_view> candidates) {
  if (word.empty()) return std::nullopt;
  const auto same =
      std::ranges::find_if(candidates, [&](std::string_view candidate) { return bare(candidate) == word; });
  if (same != candidates.end()) return *same;
  for (const Synonym& one : kSynonyms)
    if (one.word == word && std::ranges::find(candidates, one.meaning) != candidates.end())
      return one.meaning;
  return std::nullopt;
}

}  // namespace

std::optional<std::string_view> synonym_of(std::string_view word,
                                           std::span<const std::string_view> candidates) {
  return synonym(bare(word), candidates);
}

std::optional<Home> home_of(std::string_view word) {
  static const std::vector<Home> homes = make_homes();
  std::vector<std::string_view> keys;
  for (const Home& home : homes) keys.push_back(home.key);
  const auto key = synonym(bare(word), keys);
  if (!key) return std::nullopt;
  return *std::ranges::find(homes, *key, &Home::key);
}

}  // namespace rung::recipe

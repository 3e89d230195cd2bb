// A recipe back to TOML, with every default written out, and nothing that is off. Sizes of equal sides are
// written as one integer; numbers in the shortest form that reads back as the same double.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <iterator>
#include <limits>

#include "data/arrange.h"
#include "recipe/recipe.h"

namespace rung::recipe {
namespace {

std::string toml_string(std::string_view text) {
  std::string result = "\"";
  for (const char byte : text) {
    if (byte == '"' || byte == '\\') {
      result += {'\\', byte};
    } else if (byte == '\n') {
      result += "\\n";
    } else if (static_cast<unsigned char>(byte) < 0x20 || byte == 0x7F) {
      fmt::format_to(std::back_inserter(result), "\\u{:04x}", static_cast<unsigned>(byte));
    } else {
      result += byte;
    }
  }
  return result + '"';
}

std::string size(nn::Size2 size) {
  return size.h == size.w ? fmt::format("{}", size.h) : fmt::format("[{}, {}]", size.h, size.w);
}

std::string options(const nn::Conv2d& conv) {
  return fmt::format(
      ", out_channels = {}, kernel_size = {}, stride = {}, padding = {}, groups = {}, bias = {}",
      conv.out_channels, size(conv.kernel_size), size(conv.stride), size(conv.padding), conv.groups,
      conv.bias);
}
std::string options(const nn::BatchNorm2d& norm) {
  return fmt::format(", eps = {}, momentum = {}", norm.eps, norm.momentum);
}
std::string options(const nn::Dropout& dropout) {
  return fmt::format(", p = {}", dropout.p);
}
// Stride and padding are off where the windows tile the plane.
template <typename Pool>
std::string pool_options(const Pool& pool) {
  std::string text = fmt::format(", kernel_size = {}", size(pool.kernel_size));
  if (pool.stride != pool.kernel_size) text += fmt::format(", stride = {}", size(pool.stride));
  if (pool.padding != nn::Size2{0, 0}) text += fmt::format(", padding = {}", size(pool.padding));
  return text;
}
std::string options(const nn::MaxPool2d& pool) {
  return pool_options(pool);
}
std::string options(const nn::AvgPool2d& pool) {
  return pool_options(pool);
}
std::string options(const nn::AdaptiveAvgPool2d& pool) {
  return fmt::format(", output_size = {}", size(pool.output_size));
}
std::string options(const nn::Linear& linear) {
  return fmt::format(", out_features = {}, bias = {}", linear.out_features, linear.bias);
}
std::string options(const nn::Relu&) {
  return "";
}
std::string options(const nn::LeakyRelu& relu) {
  return fmt::format(", negative_slope = {}", relu.negative_slope);
}
std::string options(const nn::PRelu& relu) {
  return fmt::format(", num_parameters = {}, init = {}", relu.num_parameters, relu.init);
}
std::string options(const nn::Silu&) {
  return "";
}
std::string options(const nn::Add& add) {
  return fmt::format(", from = {}", add.from);
}
std::string options(const nn::Flatten&) {
  return "";
}

std::string layer_table(const nn::LayerSpec& layer) {
  return fmt::format("{{ type = \"{}\"{} }}", nn::recipe_name(layer),
                     std::visit([](const auto& one) { return options(one); }, layer));
}

std::string table(const data::ColorJitter& jitter) {
  return fmt::format("type = \"color_jitter\"\nbrightness = {}\ncontrast = {}\nsaturation = {}\nhue = {}\n",
                     jitter.brightness, jitter.contrast, jitter.saturation, jitter.hue);
}
std::string table(const data::RandomRotation& rotation) {
  return fmt::format("type = \"random_rotation\"\ndegrees = {}\nfill = {}\n", rotation.degrees,
                     rotation.fill);
}

std::string table(const data::RandomAffine& affine) {
  const bool nearest = affine.interpolation == data::Interpolation::kNearest;
  return fmt::format(
      "type = \"random_affine\"\ndegrees = {}\ntranslate = [{}]\nscale = [{}]\nshear = [{}]\n"
      "interpolation = \"{}\"\nfill = {}\n",
      affine.degrees, fmt::join(affine.translate, ", "), fmt::join(affine.scale, ", "),
      fmt::join(affine.shear, ", "), nearest ? "nearest" : "bilinear", affine.fill);
}
std::string table(const data::ElasticTransform& elastic) {
  return fmt::format("type = \"elastic_transform\"\nalpha = {}\nsigma = {}\nfill = {}\n", elastic.alpha,
                     elastic.sigma, elastic.fill);
}
std::string table(const data::RandomCrop& crop) {
  return fmt::format("type = \"random_crop\"\npadding = {}\nfill = {}\n", crop.padding, crop.fill);
}
std::string table(const data::RandomErasing& erasing) {
  return fmt::format("type = \"random_erasing\"\np = {}\nscale = [{}]\nratio = [{}]\nvalue = {}\n", erasing.p,
                     fmt::join(erasing.scale, ", "), fmt::join(erasing.ratio, ", "), erasing.value);
}

// The options without those that the schedule sets.
std::string options(const optim::Sgd& sgd, const optim::LrScheduler& scheduler) {
  return fmt::format("{}weight_decay = {}\nnesterov = {}\n",
                     optim::sets_momentum(scheduler) ? "" : fmt::format("momentum = {}\n", sgd.momentum),
                     sgd.weight_decay, sgd.nesterov);
}
template <typename AdamKind>
std::string options(const AdamKind& adam, const optim::LrScheduler& /*scheduler*/) {
  return fmt::format("betas = [{}, {}]\neps = {}\nweight_decay = {}\n", adam.beta1, adam.beta2, adam.eps,
                     adam.weight_decay);
}
std::string table(const optim::Optimizer& optimizer, const optim::LrScheduler& scheduler) {
  return fmt::format("type = \"{}\"\n{}{}", optim::name_of(optimizer),
                     optim::sets_lr(scheduler) ? "" : fmt::format("lr = {}\n", optim::lr_of(optimizer)),
                     std::visit([&](const auto& one) { return options(one, scheduler); }, optimizer));
}

std::string table(const optim::ConstantLr&) {
  return "type = \"none\"\n";
}
std::string table(const optim::StepLr& step) {
  return fmt::format("type = \"step_lr\"\nstep_size = {}\ngamma = {}\n", step.step_size, step.gamma);
}
std::string table(const optim::MultiStepLr& step) {
  return fmt::format("type = \"multi_step_lr\"\nmilestones = [{}]\ngamma = {}\n",
                     fmt::join(step.milestones, ", "), step.gamma);
}
std::string table(const optim::ExponentialLr& exponential) {
  return fmt::format("type = \"exponential_lr\"\ngamma = {}\n", exponential.gamma);
}
std::string table(const optim::CosineAnnealingLr& cosine) {
  const std::string t_max = cosine.t_max ? std::to_string(*cosine.t_max) : "\"epochs\"";
  return fmt::format("type = \"cosine_annealing_lr\"\nt_max = {}\neta_min = {}\n", t_max, cosine.eta_min);
}
template <typename Cycle>
std::string momentum_options(const Cycle& cycle) {
  return fmt::format("cycle_momentum = {}\nbase_momentum = {}\nmax_momentum = {}\n", cycle.cycle_momentum,
                     cycle.base_momentum, cycle.max_momentum);
}
std::string table(const optim::OneCycleLr& cycle) {
  const bool cos = cycle.anneal_strategy == optim::OneCycleLr::Anneal::kCos;
  return fmt::format(
      "type = \"one_cycle_lr\"\nmax_lr = {}\npct_start = {}\nanneal_strategy = \"{}\"\n{}div_factor = {}\n"
      "final_div_factor = {}\nthree_phase = {}\n",
      cycle.max_lr, cycle.pct_start, cos ? "cos" : "linear", momentum_options(cycle), cycle.div_factor,
      cycle.final_div_factor, cycle.three_phase);
}
std::string table(const optim::CyclicLr& cyclic) {
  constexpr std::array kModes = {"triangular", "triangular2", "exp_range"};  // in the order of CyclicLr::Mode
  return fmt::format(
      "type = \"cyclic_lr\"\nbase_lr = {}\nmax_lr = {}\nstep_size_up = {}\nstep_size_down = {}\nmode = "
      "\"{}\"\n"
      "gamma = {}\n{}",
      cyclic.base_lr, cyclic.max_lr, cyclic.step_size_up, cyclic.step_size_down,
      kModes[static_cast<size_t>(cyclic.mode)], cyclic.gamma, momentum_options(cyclic));
}
std::string table(const optim::LrWarmup& warmup) {
  return fmt::format("start_factor = {}\n{}\n", warmup.start_factor,
                     warmup.epochs ? fmt::format("epochs = {}", *warmup.epochs)
                                   : fmt::format("total_iters = {}", warmup.total_iters));
}

std::string table(const optim::Ema& ema) {
  return fmt::format("decay = {}\nuse_buffers = {}\n", ema.decay, ema.use_buffers);
}
std::string class_weights_line(const std::optional<optim::ClassWeights>& weights) {
  if (!weights) return "";
  if (weights->factors.empty()) return "class_weights = \"balanced\"\n";
  return fmt::format("class_weights = [{}]\n", fmt::join(weights->factors, ", "));
}
std::string table(const optim::Training& training) {
  return fmt::format(
      "epochs = {}\nbatch_size = {}\n{}{}", training.epochs, training.batch_size,
      training.label_smoothing > 0 ? fmt::format("label_smoothing = {}\n", training.label_smoothing) : "",
      class_weights_line(training.class_weights));
}

std::string table(const Target& target) {
  const auto* number = std::get_if<double>(&target.bound);
  return fmt::format("metric = \"{}\"\n{} = {}\ntext = {}\n", name_of(target.metric),
                     name_of(target.comparison), number ? fmt::format("{}", *number) : "\"previous\"",
                     toml_string(target.text));
}

std::string table(const Reference& reference) {
  return fmt::format(
      "source = {}\n{}{}best_train_accuracy = {}\nbest_test_accuracy = {}\nfinal_test_accuracy = {}\n"
      "mean_last3_test_accuracy = {}\n",
      toml_string(reference.source),
      reference.dataset.empty() ? "" : fmt::format("dataset = {}\n", toml_string(reference.dataset)),
      reference.epochs == 0 ? "" : fmt::format("epochs = {}\n", reference.epochs),
      reference.best_train_accuracy, reference.best_test_accuracy, reference.final_test_accuracy,
      reference.mean_last3_test_accuracy);
}

std::string moment(const std::optional<double>& moment) {
  return moment ? fmt::format("{}", *moment) : "\"auto\"";
}

std::string portion(std::string_view key, const data::Portion& portion) {
  if (portion.empty()) return "";
  return portion.share > 0 ? fmt::format("{} = {}\n", key, portion.share)
                           : fmt::format("{} = {}\n", key, portion.images);
}

// How the images of a folder are split is written wherever there is a split; of a registered dataset only
// where it is not the published one, so that the recipes of Rung 0.1 read as they did.
std::string split(const data::DatasetSpec& dataset) {
  const bool stratified = dataset.validation_split == data::ValidationSplit::kStratified;
  const bool is_default = dataset.validation_split == data::default_split(dataset.name);
  const bool is_split = !dataset.validation.empty() && data::is_folder(dataset.name);
  std::string text;
  if (is_split || !is_default)
    text += fmt::format("validation_split = \"{}\"\n", stratified ? "stratified" : "last");
  text += portion("test", dataset.test);
  if (dataset.split_seed != 0 || !dataset.test.empty() || (is_split && stratified))
    text += fmt::format("split_seed = {}\n", dataset.split_seed);
  return text;
}

std::string table(const data::DatasetSpec& dataset) {
  return fmt::format("name = {}\nmean = {}\nstd = {}\n{}{}", toml_string(dataset.name), moment(dataset.mean),
                     moment(dataset.std), portion("validation", dataset.validation), split(dataset));
}

std::string table(const nn::ModelSpec& model) {
  std::string text = fmt::format("input = [{}, {}, {}]\nclasses = {}\nlayers = [\n", model.input.channels,
                                 model.input.height, model.input.width, model.classes);
  for (const nn::LayerSpec& layer : model.layers) text += fmt::format("  {},\n", layer_table(layer));
  return text + "]\n";
}

}  // namespace

std::string to_toml(const Recipe& recipe) {
  if (recipe.seed > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
    throw UsageError(fmt::format("the seed {} is more than a recipe can hold", recipe.seed),
                     "the largest is 2^63-1");
  std::string text =
      fmt::format("name = {}\ntitle = {}\ndescription = {}\nseed = {}\n", toml_string(recipe.name),
                  toml_string(recipe.title), toml_string(recipe.description), recipe.seed);
  const auto section = [&](std::string_view header, const std::string& body) {
    text += fmt::format("\n{}\n{}", header, body);
  };
  for (const Target& target : recipe.targets) section("[[targets]]", table(target));
  if (recipe.reference) section("[reference]", table(*recipe.reference));
  section("[dataset]", table(recipe.dataset));
  for (const auto& transform : recipe.augment)
    section("[[augment]]", std::visit([](const auto& one) { return table(one); }, transform));
  section("[model]", table(recipe.model));
  const optim::Training& training = recipe.training;
  section("[training]", table(training));
  section("[optimizer]", table(training.optimizer, training.lr_scheduler));
  section("[lr_scheduler]", std::visit([](const auto& one) { return table(one); }, training.lr_scheduler));
  if (training.lr_warmup) section("[lr_warmup]", table(*training.lr_warmup));
  if (training.ema) section("[ema]", table(*training.ema));
  return text;
}

}  // namespace rung::recipe

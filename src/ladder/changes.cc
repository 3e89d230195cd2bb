#include "ladder/changes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "nn/infer.h"

namespace rung::ladder {
namespace {

constexpr const char* kLayers = "the order or options of layers";

std::string option_text(const nn::LayerSpec& layer) {
  if (const auto* dropout = std::get_if<nn::Dropout>(&layer)) return fmt::format(" p = {}", dropout->p);
  const auto window = [](nn::Size2 size) {
    return size.h == size.w ? fmt::format(" {}", size.h) : fmt::format(" {}×{}", size.h, size.w);
  };
  const auto pooling = [&](const auto& pool) {
    std::string text = window(pool.kernel_size);
    if (pool.stride != pool.kernel_size) text += " stride" + window(pool.stride);
    if (pool.padding != nn::Size2{0, 0}) text += " padding" + window(pool.padding);
    return text;
  };
  if (const auto* pool = std::get_if<nn::MaxPool2d>(&layer)) return pooling(*pool);
  if (const auto* pool = std::get_if<nn::AvgPool2d>(&layer)) return pooling(*pool);
  const auto* adaptive = std::get_if<nn::AdaptiveAvgPool2d>(&layer);
  if (adaptive != nullptr && adaptive->output_size != nn::Size2{1, 1}) return window(adaptive->output_size);
  return "";
}

// For a convolution only its kernel counts; its width shows in the parameters.
std::string kind_of(const nn::LayerSpec& layer) {
  std::string kind(nn::recipe_name(layer));
  if (const auto* conv = std::get_if<nn::Conv2d>(&layer))
    kind += fmt::format(" {}×{}", conv->kernel_size.h, conv->kernel_size.w);
  return kind + option_text(layer);
}

// How often each kind of layer occurs.
std::map<std::string, int> layer_counts(const nn::ModelSpec& model) {
  std::map<std::string, int> counts;
  for (const nn::LayerSpec& layer : model.layers) ++counts[kind_of(layer)];
  return counts;
}

// The layers of kinds that both models have equally often, without what other changes already show: widths
// show in the parameters, and added or removed layers shift the layer that a sum refers to.
std::vector<nn::LayerSpec> layers_kept(const nn::ModelSpec& model,
                                       const std::map<std::string, int>& difference) {
  const bool moves = std::ranges::any_of(difference, [](const auto& kind) { return kind.second != 0; });
  std::vector<nn::LayerSpec> kept;
  for (nn::LayerSpec layer : model.layers) {
    if (difference.at(kind_of(layer)) != 0) continue;
    if (auto* conv = std::get_if<nn::Conv2d>(&layer)) conv->out_channels = 0;
    if (auto* linear = std::get_if<nn::Linear>(&layer)) linear->out_features = 0;
    if (auto* sum = std::get_if<nn::Add>(&layer); sum != nullptr && moves) *sum = {};
    kept.push_back(layer);
  }
  return kept;
}

std::string text_of(const std::optional<double>& moment) {
  return moment ? fmt::format("{}", *moment) : "measured";
}
std::string text_of(const data::Portion& portion) {
  return portion.share > 0 ? fmt::format("{}", portion.share) : fmt::format("{}", portion.images);
}
std::string text_of(data::ValidationSplit split) {
  return split == data::ValidationSplit::kLast ? "last" : "stratified";
}
std::string text_of(const data::ColorJitter& jitter) {
  return fmt::format("color_jitter (brightness {}, contrast {}, saturation {}, hue {})", jitter.brightness,
                     jitter.contrast, jitter.saturation, jitter.hue);
}
std::string text_of(const data::RandomRotation& rotation) {
  return fmt::format("random_rotation (±{}°, fill {})", rotation.degrees, rotation.fill);
}
std::string text_of(const data::RandomAffine& affine) {
  const bool nearest = affine.interpolation == data::Interpolation::kNearest;
  return fmt::format("random_affine (±{}°, translate {}, scale {}, shear {}, {}, fill {})", affine.degrees,
                     affine.translate, affine.scale, affine.shear, nearest ? "nearest" : "bilinear",
                     affine.fill);
}
std::string text_of(const data::ElasticTransform& elastic) {
  return fmt::format("elastic_transform (alpha {}, sigma {}, fill {})", elastic.alpha, elastic.sigma,
                     elastic.fill);
}
std::string text_of(const data::RandomCrop& crop) {
  return fmt::format("random_crop (padding {}, fill {})", crop.padding, crop.fill);
}
std::string text_of(const data::RandomErasing& erasing) {
  return fmt::format("random_erasing (p {}, scale {}, ratio {}, value {})", erasing.p, erasing.scale,
                     erasing.ratio, erasing.value);
}

// "1 epoch", "5 epochs". Precondition: it is not negative.
std::string count_of(int count, std::string_view noun) {
  return counted(static_cast<size_t>(count), noun);
}

std::string text_of(const optim::ConstantLr& /*schedule*/) {
  return "none";
}
std::string text_of(const optim::StepLr& schedule) {
  return fmt::format("step_lr (every {} × {})", count_of(schedule.step_size, "epoch"), schedule.gamma);
}

std::string text_of(const optim::MultiStepLr& schedule) {
  return fmt::format("multi_step_lr (at epochs {} × {})", fmt::join(schedule.milestones, ", "),
                     schedule.gamma);
}
std::string text_of(const optim::ExponentialLr& schedule) {
  return fmt::format("exponential_lr (every epoch × {})", schedule.gamma);
}
std::string text_of(const optim::CosineAnnealingLr& schedule) {
  return fmt::format("cosine_annealing_lr (to {} in {})", schedule.eta_min,
                     schedule.t_max ? count_of(*schedule.t_max, "epoch") : "all epochs");
}
std::string text_of(const optim::OneCycleLr& schedule) {
  return fmt::format("one_cycle_lr (up to {} for {} of the training)", schedule.max_lr, schedule.pct_start);
}
std::string text_of(const optim::CyclicLr& schedule) {
  return fmt::format("cyclic_lr ({} to {} in {})", schedule.base_lr, schedule.max_lr,
                     count_of(schedule.step_size_up, "batch"));
}
std::string text_of(const std::optional<optim::LrWarmup>& warmup) {
  if (!warmup) return "none";
  if (warmup->epochs)
    return fmt::format("from × {} in {} {}", warmup->start_factor, *warmup->epochs,
                       *warmup->epochs == 1 ? "epoch" : "epochs");
  return fmt::format("from × {} in {}", warmup->start_factor, count_of(warmup->total_iters, "batch"));
}

std::string text_of(const std::optional<optim::Ema>& ema) {
  if (!ema) return "none";
  return fmt::format("decay {}{}", ema->decay, ema->use_buffers ? "" : ", buffers copied");
}

std::string text_of(const std::optional<optim::ClassWeights>& weights) {
  if (!weights) return "none";
  return weights->factors.empty() ? "balanced" : fmt::format("{}", fmt::join(weights->factors, ", "));
}

std::string text_of(const optim::Sgd& /*sgd*/) {
  return "sgd";
}
std::string text_of(const optim::AdamBase& adam) {
  return fmt::format("betas {} and {}, eps {}", adam.beta1, adam.beta2, adam.eps);
}

template <typename Variant>
std::string text_of_variant(const Variant& value) {
  return std::visit([](const auto& one) { return text_of(one); }, value);
}

std::string lr_text(const optim::Training& training) {
  return optim::sets_lr(training.lr_scheduler) ? "the schedule's"
                                               : fmt::format("{}", optim::lr_of(training.optimizer));
}

// Of SGD.
std::string momentum_text(const optim::Training& training) {
  return optim::sets_momentum(training.lr_scheduler)
             ? "the schedule's"
             : fmt::format("{}", optim::momentum_of(training.optimizer));
}

double weight_decay_of(const optim::Optimizer& optimizer) {
  return std::visit([](const auto& one) { return one.weight_decay; }, optimizer);
}

std::string augment_text(const recipe::Recipe& recipe) {
  if (recipe.augment.empty()) return "none";
  std::vector<std::string> parts;
  for (const auto& transform : recipe.augment) parts.push_back(text_of_variant(transform));
  return fmt::format("{}", fmt::join(parts, ", "));
}

// Collects "what: before → after" where the two differ.
class Changes {
 public:
  template <typename T>
  void compare(const std::string& what, const T& before, const T& after) {
    if (before != after) list.push_back(fmt::format("{} {} → {}", what, before, after));
  }

  void compare_layers(const nn::ModelSpec& before, const nn::ModelSpec& after) {
    auto difference = layer_counts(after);
    for (const auto& [kind, count] : layer_counts(before)) difference[kind] -= count;
    for (const auto& [kind, count] : difference) {
      if (count != 0) list.push_back(fmt::format("{}{} {}", count > 0 ? "+" : "−", std::abs(count), kind));
    }
    if (layers_kept(before, difference) != layers_kept(after, difference)) list.emplace_back(kLayers);
  }

  void compare_sizes(const nn::ModelInfo& before, const nn::ModelInfo& after) {
    compare("parameters", with_commas(before.params), with_commas(after.params));
    compare("multiply-accumulates per image", with_commas(before.macs), with_commas(after.macs));
  }

  void compare_datasets(const data::DatasetSpec& before, const data::DatasetSpec& after) {
    compare("dataset", before.name, after.name);
    compare("normalising mean", text_of(before.mean), text_of(after.mean));
    compare("normalising std", text_of(before.std), text_of(after.std));
    compare("validation images", text_of(before.validation), text_of(after.validation));
    if (!before.validation.empty() && !after.validation.empty())
      compare("validation split", text_of(before.validation_split), text_of(after.validation_split));
    compare("test images taken", text_of(before.test), text_of(after.test));
    compare("seed of the split", before.split_seed, after.split_seed);
  }

  void compare_training(const optim::Training& before, const optim::Training& after) {
    compare("learning rate", lr_text(before), lr_text(after));
    compare("schedule", text_of_variant(before.lr_scheduler), text_of_variant(after.lr_scheduler));
    if (before.lr_scheduler != after.lr_scheduler &&
        text_of_variant(before.lr_scheduler) == text_of_variant(after.lr_scheduler))
      list.emplace_back("options of the schedule");
    compare("warm-up", text_of(before.lr_warmup), text_of(after.lr_warmup));
    compare_optimizers(before, after);
    compare("label smoothing", before.label_smoothing, after.label_smoothing);
    compare("class weights", text_of(before.class_weights), text_of(after.class_weights));
    compare("average of the weights", text_of(before.ema), text_of(after.ema));
    compare("batch size", before.batch_size, after.batch_size);
    compare("epochs", before.epochs, after.epochs);
  }

  void compare_optimizers(const optim::Training& before, const optim::Training& after) {
    compare("optimiser", optim::name_of(before.optimizer), optim::name_of(after.optimizer));
    compare("weight decay", weight_decay_of(before.optimizer), weight_decay_of(after.optimizer));
    const auto* sgd = std::get_if<optim::Sgd>(&before.optimizer);
    const auto* sgd_after = std::get_if<optim::Sgd>(&after.optimizer);
    if (sgd != nullptr && sgd_after != nullptr) {
      compare("momentum", momentum_text(before), momentum_text(after));
      compare("nesterov", sgd->nesterov, sgd_after->nesterov);
    } else if (sgd == nullptr && sgd_after == nullptr) {
      compare("Adam's", text_of_variant(before.optimizer), text_of_variant(after.optimizer));
    }
  }

  std::vector<std::string> list;
};

}  // namespace

std::string with_commas(int64_t number) {
  std::string digits = std::to_string(number);
  const std::ptrdiff_t first = number < 0 ? 1 : 0;
  for (std::ptrdiff_t at = std::ssize(digits) - 3; at > first; at -= 3)
    digits.insert(static_cast<size_t>(at), 1, ',');
  return digits;
}

std::vector<std::string> describe_changes(const recipe::Recipe& before, const recipe::Recipe& after) {
  Changes changes;
  changes.compare_layers(before.model, after.model);
  changes.compare_sizes(nn::infer(before.model), nn::infer(after.model));
  if (changes.list.empty() && before.model != after.model)
    changes.list.emplace_back(kLayers);  // such as widths with the same total sizes
  changes.compare("augmentation", augment_text(before), augment_text(after));
  changes.compare_datasets(before.dataset, after.dataset);
  changes.compare_training(before.training, after.training);
  changes.compare("seed", before.seed, after.seed);
  return changes.list;
}

}  // namespace rung::ladder

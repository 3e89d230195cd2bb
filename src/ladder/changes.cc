#include "ladder/changes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/require.h"
#include "base/text.h"
#include "nn/infer.h"
#include "recipe/field_text.h"

namespace rung::ladder {
namespace {

constexpr const char* kLayers = "the order or options of layers";

template <typename Field, typename Value>
std::string option_text(const Field& field, const Value& value) {
  if constexpr (std::is_same_v<Value, nn::Size2>) {
    return nn::to_text(value);
  } else {
    return recipe::text_of(field, value);
  }
}

// "conv2d 3×3", "dropout p 0.1", "max_pool2d 3×3 stride 2×2": the name and the fields that tell kinds of the
// layer apart. A convolution's width shows in the parameters.
std::string kind_of(const nn::LayerSpec& layer) {
  return std::visit(
      []<typename Layer>(const Layer& one) {
        std::string kind(Layer::kName);
        for_each_field<Layer>([&](const auto& field) {
          const auto& value = one.*field.member;
          if (!field.is_kind || (!field.is_required && value == field.default_in(one))) return;
          kind += fmt::format(" {}{}", field.is_required ? "" : fmt::format("{} ", field.name),
                              option_text(field, value));
        });
        return kind;
      },
      layer);
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

std::string text_of(const std::optional<ChannelValues>& moment) {
  return moment ? to_text(*moment) : "measured";
}
std::string text_of(const data::Portion& portion) {
  return portion.share > 0 ? fmt::format("{}", portion.share) : fmt::format("{}", portion.images);
}
std::string text_of(data::ValidationSplit split) {
  return std::string(name_of(split));
}
// "1 epoch", "5 epochs". Precondition: it is not negative.
std::string count_of(int count, std::string_view noun) {
  RUNG_REQUIRE(count >= 0);
  return counted(static_cast<size_t>(count), noun);
}

std::string text_of(const std::optional<optim::LrWarmup>& warmup) {
  if (!warmup) return "none";
  if (warmup->epochs)
    return fmt::format("from × {} in {} {}", warmup->start_factor, *warmup->epochs,
                       *warmup->epochs == 1 ? "epoch" : "epochs");
  return fmt::format("from × {} in {}", warmup->start_factor, count_of(warmup->total_iters, "batch"));
}

std::string text_of(const std::optional<optim::MixUp>& mixup) {
  return mixup ? fmt::format("alpha {}", mixup->alpha) : "none";
}

// A run by the name of its folder.
std::string text_of(const std::optional<optim::Distill>& distill) {
  if (!distill) return "none";
  std::vector<std::string> names;
  for (const optim::Teacher& teacher : distill->teachers)
    names.push_back(std::filesystem::path(teacher.source).stem().string());
  return fmt::format("{}, temperature {}, weight {}", fmt::join(names, " and "), distill->temperature,
                     distill->weight);
}

std::string text_of(const std::optional<optim::Quantize>& quantize) {
  return quantize ? fmt::format("{} bits", quantize->weight_bits) : "none";
}

std::string text_of(const std::optional<optim::Ema>& ema) {
  if (!ema) return "none";
  return fmt::format("decay {}{}", ema->decay, ema->use_buffers ? "" : ", buffers copied");
}

std::string text_of(const std::optional<optim::ClassWeights>& weights) {
  if (!weights) return "none";
  return weights->factors.empty() ? "balanced" : fmt::format("{}", fmt::join(weights->factors, ", "));
}

template <typename Variant>
std::string text_of_variant(const Variant& value) {
  return std::visit([](const auto& one) { return recipe::described(one); }, value);
}

std::string lr_text(const optim::Training& training) {
  return optim::sets_lr(training.lr_scheduler) ? "the schedule's"
                                               : fmt::format("{}", optim::lr_of(training.optimizer));
}

double weight_decay_of(const optim::Optimizer& optimizer) {
  return std::visit([](const auto& one) { return one.weight_decay; }, optimizer);
}

// The optimiser's options besides the learning rate and the weight decay, by name.
std::map<std::string, std::string> further_options(const optim::Training& training) {
  std::map<std::string, std::string> options;
  const auto add = [&](const auto& field, const std::string& text) {
    if (field.name == "lr" || field.name == "weight_decay") return;
    const bool is_set = field.name == "momentum" && optim::sets_momentum(training.lr_scheduler);
    options.emplace(field.name, is_set ? "the schedule's" : text);
  };
  std::visit([&](const auto& one) { recipe::write_fields(one, add); }, training.optimizer);
  return options;
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
    compare("warm-up", text_of(before.lr_warmup), text_of(after.lr_warmup));
    compare_optimizers(before, after);
    compare("precision", name_of(before.precision), name_of(after.precision));
    compare("label smoothing", before.label_smoothing, after.label_smoothing);
    compare("class weights", text_of(before.class_weights), text_of(after.class_weights));
    compare("mixup", text_of(before.mixup), text_of(after.mixup));
    compare("teacher", text_of(before.distill), text_of(after.distill));
    compare("average of the weights", text_of(before.ema), text_of(after.ema));
    compare("rounding of the weights", text_of(before.quantize), text_of(after.quantize));
    compare("batch size", before.batch_size, after.batch_size);
    compare("epochs", before.epochs, after.epochs);
  }

  void compare_optimizers(const optim::Training& before, const optim::Training& after) {
    compare("optimiser", optim::name_of(before.optimizer), optim::name_of(after.optimizer));
    compare("weight decay", weight_decay_of(before.optimizer), weight_decay_of(after.optimizer));
    const auto options = further_options(after);
    for (const auto& [name, text] : further_options(before))
      if (const auto found = options.find(name); found != options.end()) compare(name, text, found->second);
  }

  std::vector<std::string> list;
};

}  // namespace

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

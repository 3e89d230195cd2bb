// A recipe back to TOML, with every default written out, and nothing that is off. Sizes of equal sides are
// written as one integer; numbers in the shortest form that reads back as the same double.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <functional>
#include <iterator>
#include <limits>

#include "base/toml_string.h"
#include "data/arrange.h"
#include "recipe/field_text.h"
#include "recipe/recipe.h"

namespace rung::recipe {
namespace {

std::string layer_table(const nn::LayerSpec& layer) {
  std::string text = fmt::format("{{ type = \"{}\"", nn::recipe_name(layer));
  std::visit(
      [&](const auto& one) {
        write_fields(one, [&](const auto& field, const std::string& value) {
          text += fmt::format(", {} = {}", field.name, value);
        });
      },
      layer);
  return text + " }";
}

// A specification as the lines of its table, without the keys that `is_left_out` names.
template <typename Variant>
std::string typed_table(const Variant& variant,
                        const std::function<bool(std::string_view)>& is_left_out = {}) {
  return std::visit(
      [&](const auto& one) {
        std::string text = fmt::format("type = \"{}\"\n", one.kName);
        write_fields(one, [&](const auto& field, const std::string& value) {
          if (!is_left_out || !is_left_out(field.name)) text += fmt::format("{} = {}\n", field.name, value);
        });
        return text;
      },
      variant);
}

// Without what the schedule sets.
std::string table(const optim::Optimizer& optimizer, const optim::LrScheduler& scheduler) {
  return typed_table(optimizer, [&](std::string_view key) {
    return (key == "lr" && optim::sets_lr(scheduler)) ||
           (key == "momentum" && optim::sets_momentum(scheduler));
  });
}

std::string table(const optim::LrWarmup& warmup) {
  return fmt::format("start_factor = {}\n{}\n", warmup.start_factor,
                     warmup.epochs ? fmt::format("epochs = {}", *warmup.epochs)
                                   : fmt::format("total_iters = {}", warmup.total_iters));
}

std::string table(const optim::MixUp& mixup) {
  return fmt::format("alpha = {}\n", mixup.alpha);
}

std::string table(const optim::Distill& distill) {
  const auto list = [&](std::string optim::Teacher::*text) {
    std::vector<std::string> texts;
    for (const optim::Teacher& teacher : distill.teachers) texts.push_back(toml_string(teacher.*text));
    return texts.size() == 1 ? texts.front() : fmt::format("[{}]", fmt::join(texts, ", "));
  };
  const bool is_resolved = !distill.teachers.front().weights_sha256.empty();
  return fmt::format(
      "teacher = {}\n{}temperature = {}\nweight = {}\n", list(&optim::Teacher::source),
      is_resolved ? fmt::format("weights_sha256 = {}\n", list(&optim::Teacher::weights_sha256)) : "",
      distill.temperature, distill.weight);
}

std::string table(const optim::Quantize& quantize) {
  return fmt::format("weight_bits = {}\n", quantize.weight_bits);
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
      "epochs = {}\nbatch_size = {}\n{}{}{}", training.epochs, training.batch_size,
      training.precision == kernels::Precision::kFloat32
          ? ""
          : fmt::format("precision = \"{}\"\n", name_of(training.precision)),
      training.label_smoothing > 0 ? fmt::format("label_smoothing = {}\n", training.label_smoothing) : "",
      class_weights_line(training.class_weights));
}

std::string table(const Target& target) {
  const auto* number = std::get_if<double>(&target.bound);
  return fmt::format("metric = \"{}\"\n{}{} = {}\ntext = {}\n", name_of(target.metric),
                     target.chip.empty() ? "" : fmt::format("chip = {}\n", toml_string(target.chip)),
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

std::string moment(const std::optional<ChannelValues>& moment) {
  return moment ? to_text(*moment) : "\"auto\"";
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
    text += fmt::format("validation_split = \"{}\"\n", name_of(dataset.validation_split));
  text += portion("test", dataset.test);
  if (dataset.split_seed != 0 || !dataset.test.empty() || (is_split && stratified))
    text += fmt::format("split_seed = {}\n", dataset.split_seed);
  return text;
}

std::string class_names(const std::vector<std::string>& names) {
  if (names.empty()) return "";
  std::vector<std::string> texts;
  for (const std::string& name : names) texts.push_back(toml_string(name));
  return fmt::format("class_names = [{}]\n", fmt::join(texts, ", "));
}

std::string table(const data::DatasetSpec& dataset) {
  return fmt::format("name = {}\nmean = {}\nstd = {}\n{}{}{}", toml_string(dataset.name),
                     moment(dataset.mean), moment(dataset.std), portion("validation", dataset.validation),
                     split(dataset), class_names(dataset.class_names));
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
  for (const auto& transform : recipe.augment) section("[[augment]]", typed_table(transform));
  section("[model]", table(recipe.model));
  const optim::Training& training = recipe.training;
  section("[training]", table(training));
  if (training.mixup) section("[mixup]", table(*training.mixup));
  if (training.distill) section("[distill]", table(*training.distill));
  section("[optimizer]", table(training.optimizer, training.lr_scheduler));
  section("[lr_scheduler]", typed_table(training.lr_scheduler));
  if (training.lr_warmup) section("[lr_warmup]", table(*training.lr_warmup));
  if (training.ema) section("[ema]", table(*training.ema));
  if (training.quantize) section("[quantize]", table(*training.quantize));
  return text;
}

}  // namespace rung::recipe

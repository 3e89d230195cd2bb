// [training], [mixup], [distill], [optimizer], [lr_warmup], [ema] and [quantize].
#include <fmt/format.h>

#include <algorithm>

#include "recipe/parse.h"
#include "recipe/read_fields.h"
#include "recipe/read_variant.h"

namespace rung::recipe {
namespace {

constexpr int kMaxBatch = 65'536;

// Refuses a value that the schedule would overwrite, because its author misunderstood.
void require_effect(const TableReader& optimizer, const optim::LrScheduler& scheduler) {
  if (optim::sets_lr(scheduler) && optimizer.has("lr"))
    optimizer.fail("lr", "has no effect: this schedule sets the learning rate",
                   "leave it out; max_lr of [lr_scheduler] says how high it goes");
  if (optim::sets_momentum(scheduler) && optimizer.has("momentum"))
    optimizer.fail("momentum", "has no effect: this schedule sets the momentum",
                   "leave it out, or add cycle_momentum = false to [lr_scheduler]");
}

optim::Optimizer parse_optimizer(const TableReader& table, const optim::LrScheduler& scheduler) {
  const auto optimizer = visit_type<optim::Optimizer>(
      table, [&]<typename Spec>() -> optim::Optimizer { return read_fields<Spec>(table); });
  const auto* sgd = std::get_if<optim::Sgd>(&optimizer);
  if (sgd != nullptr && sgd->nesterov && sgd->momentum == 0 && !optim::sets_momentum(scheduler))
    table.fail("nesterov", "needs a momentum above 0");
  require_effect(table, scheduler);
  return optimizer;
}

std::optional<optim::LrWarmup> parse_warmup(const TableReader& root) {
  const auto table = root.table("lr_warmup");
  if (!table) return std::nullopt;
  table->allow({"start_factor", "epochs", "total_iters"});
  optim::LrWarmup warmup;
  warmup.start_factor = table->number("start_factor", NumberRange::left_open(0, 1), warmup.start_factor);
  if (table->has("epochs") && table->has("total_iters"))
    table->fail("total_iters", "cannot be given together with epochs", "leave one of them out");
  if (table->has("epochs"))
    warmup.epochs = table->number("epochs", NumberRange::left_open(0, optim::kMaxEpochs));
  warmup.total_iters = table->small_integer("total_iters", 1, optim::kMaxBatches, warmup.total_iters);
  return warmup;
}

std::optional<optim::Ema> parse_ema(const TableReader& root) {
  const auto table = root.table("ema");
  if (!table) return std::nullopt;
  table->allow({"decay", "use_buffers"});
  optim::Ema ema;
  ema.decay = table->number("decay", NumberRange::right_open(0, 1), ema.decay);
  ema.use_buffers = table->boolean("use_buffers", ema.use_buffers);
  return ema;
}

std::optional<optim::MixUp> parse_mixup(const TableReader& root) {
  const auto table = root.table("mixup");
  if (!table) return std::nullopt;
  table->allow({"alpha"});
  optim::MixUp mixup;
  mixup.alpha = table->number("alpha", optim::kMixUpAlphaRange, mixup.alpha);
  return mixup;
}

bool is_sha256(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// The texts of an array, or a single one.
std::vector<std::string> one_or_more(const TableReader& table, std::string_view key) {
  return table.is_text(key) ? std::vector{table.text(key)} : table.texts(key);
}

std::optional<optim::Distill> parse_distill(const TableReader& root) {
  constexpr std::string_view kHashes = "weights_sha256";
  const auto table = root.table("distill");
  if (!table) return std::nullopt;
  table->allow({"teacher", kHashes, "temperature", "weight"});
  optim::Distill distill;
  for (std::string& source : one_or_more(*table, "teacher")) {
    if (source.empty()) table->fail("teacher", "expected the folder of a run, or a recipe");
    distill.teachers.push_back({std::move(source), ""});
  }
  if (distill.teachers.size() > optim::kMostTeachers)
    table->fail("teacher", fmt::format("expected at most {} teachers", optim::kMostTeachers));
  if (table->has(kHashes)) {
    const std::vector<std::string> hashes = one_or_more(*table, kHashes);
    if (hashes.size() != distill.teachers.size() || !std::ranges::all_of(hashes, is_sha256))
      table->fail(kHashes, "expected 64 hexadecimal digits for each teacher");
    for (size_t i = 0; i < hashes.size(); ++i) distill.teachers[i].weights_sha256 = hashes[i];
  }
  distill.temperature = table->number("temperature", optim::kTemperatureRange, distill.temperature);
  distill.weight = table->number("weight", NumberRange::closed(0, 1), distill.weight);
  if (root.required_table("training").has("class_weights"))
    root.fail("distill", "cannot be given together with class_weights: a teacher has none",
              "leave one of them out");
  return distill;
}

std::optional<optim::Quantize> parse_quantize(const TableReader& root) {
  const auto table = root.table("quantize");
  if (!table) return std::nullopt;
  table->allow({"weight_bits"});
  const optim::Quantize quantize{table->small_integer("weight_bits", 2, 8)};
  if (std::ranges::find(optim::kWeightBits, quantize.weight_bits) == optim::kWeightBits.end())
    table->fail("weight_bits", "expected 8, 4 or 2");
  if (root.has("ema"))
    root.fail("quantize", "cannot be given together with [ema]: an average of rounded weights is not rounded",
              "leave one of them out");
  return quantize;
}

constexpr double kLargestClassWeight = 1e6;

std::optional<optim::ClassWeights> parse_class_weights(const TableReader& training) {
  constexpr std::string_view kKey = "class_weights";
  if (!training.has(kKey)) return std::nullopt;
  if (training.is_text(kKey)) {
    if (training.text(kKey) == "balanced") return optim::ClassWeights{};
    training.fail(kKey, "expected \"balanced\" or an array with a number for each class");
  }
  optim::ClassWeights weights{training.numbers(kKey, NumberRange::closed(0, kLargestClassWeight))};
  if (std::ranges::all_of(weights.factors, [](double factor) { return factor == 0; }))
    training.fail(kKey, "at least one weight must be above 0");
  return weights;
}

}  // namespace

optim::Training parse_training(const TableReader& root) {
  const TableReader table = root.required_table("training");
  table.allow({"epochs", "batch_size", "precision", "label_smoothing", "class_weights"});
  optim::Training training;
  training.epochs = table.small_integer("epochs", 1, optim::kMaxEpochs);
  training.batch_size = table.small_integer("batch_size", 1, kMaxBatch, training.batch_size);
  if (table.has("precision")) training.precision = table.choice<kernels::Precision>("precision");
  training.label_smoothing =
      table.number("label_smoothing", NumberRange::right_open(0, 1), training.label_smoothing);
  training.class_weights = parse_class_weights(table);
  training.mixup = parse_mixup(root);
  training.distill = parse_distill(root);
  training.ema = parse_ema(root);
  training.quantize = parse_quantize(root);
  training.lr_scheduler = parse_lr_scheduler(root);
  training.lr_warmup = parse_warmup(root);
  training.optimizer = parse_optimizer(root.required_table("optimizer"), training.lr_scheduler);
  return training;
}

}  // namespace rung::recipe

#include "train/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <climits>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/sha256.h"
#include "base/text.h"
#include "kernels/simd.h"

namespace rung::train {
namespace {

constexpr const char* kFormat = "rung-checkpoint";
constexpr const char* kVersion = "3";
constexpr const char* kChecksum = "sha256";
constexpr const char* kOptimizer = "optimizer.";   // + the buffer's name + "." + the parameter's
constexpr const char* kTrained = "trained.";       // + the weight's name, whose plain name holds the result
constexpr const char* kMetrics = "metrics.jsonl";  // SavedEpochs::recent, as text

void add_tensors(const std::vector<nn::TensorInfo>& infos, std::span<const float> values,
                 const std::string& prefix, SafeTensors& out) {
  for (const nn::TensorInfo& info : infos) {
    const auto part = values.subspan(info.offset, info.size);
    out.floats[prefix + info.name] = {info.shape, {part.begin(), part.end()}};
  }
}

std::vector<float> tensors_at(const std::vector<nn::TensorInfo>& infos, size_t count,
                              const std::string& prefix, const SafeTensors& from,
                              const std::filesystem::path& file) {
  std::vector<float> values(count);
  for (const nn::TensorInfo& info : infos) {
    const auto& tensor = from.floats_at(prefix + info.name, info.size, file);
    std::copy(tensor.values.begin(), tensor.values.end(),
              values.begin() + static_cast<std::ptrdiff_t>(info.offset));
  }
  return values;
}

std::string prefix_of(const std::string& optimizer_buffer) {
  return kOptimizer + optimizer_buffer + ".";
}

void add_weights(const nn::Plan& plan, const nn::Weights& weights, const std::string& prefix,
                 SafeTensors& out) {
  add_tensors(plan.parameters, weights.parameters, prefix, out);
  add_tensors(plan.buffers, weights.buffers, prefix, out);
}

nn::Weights weights_in(const SafeTensors& tensors, const nn::Plan& plan, const std::string& prefix,
                       const std::filesystem::path& file) {
  return {tensors_at(plan.parameters, plan.parameter_count, prefix, tensors, file),
          tensors_at(plan.buffers, plan.buffer_count, prefix, tensors, file)};
}

std::string hash_of(const std::string& text) {
  return sha256_hex(std::as_bytes(std::span(text)));
}

// Of everything except the checksum itself, which must not be present. Equivalent headers in other spellings
// have the same checksum.
std::string checksum(const SafeTensors& tensors) {
  return hash_of(to_bytes(tensors));
}

std::string text_of(const SafeTensors& tensors, const std::string& key) {
  const auto found = tensors.metadata.find(key);
  return found == tensors.metadata.end() ? "none" : found->second;
}

[[noreturn]] void fail_other_recipe(const std::filesystem::path& file) {
  throw UsageError(fmt::format("{} belongs to another recipe", file.string()),
                   "put back the recipe it was trained with");
}

// The number that the whole text is, if it is one within the limits.
template <typename Number>
std::optional<Number> number_in(const std::string& digits, Number least, Number most) {
  Number value{};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool is_number = error == std::errc() && end == digits.data() + digits.size();
  return is_number && value >= least && value <= most ? std::optional(value) : std::nullopt;
}

// Reads one file; every error names the file.
class CheckpointReader {
 public:
  CheckpointReader(const std::filesystem::path& file, const nn::Plan& plan)
      : file_(file), tensors_(read_safetensors(file, most_checkpoint_bytes(plan))) {
    if (text("format") != kFormat) fail("not a checkpoint of a run");
    if (text("version") != kVersion)
      fail(fmt::format("a checkpoint of version {}; this program resumes version {}",
                       quotable(text("version")), kVersion));
    const std::string stated = text(kChecksum);
    tensors_.metadata.erase(kChecksum);
    if (stated != checksum(tensors_)) fail("damaged: the checksum does not match the content");
  }

  void require_origin(const Origin& origin) const {
    if (text(kRecipeHash) != origin.recipe_sha256) fail_other_recipe(file_);
    if (text("data_sha256") != origin.data_sha256)
      throw UsageError(fmt::format("{} was trained on other images", file_.string()), "put back the dataset");
    if (!kernels::same_bits(text("simd"), origin.simd))
      throw UsageError(fmt::format("{} was trained with {}, and {} computes other bits", file_.string(),
                                   quotable(simd()), origin.simd),
                       simd_hint());
    if (const int numerics = number<int>("numerics", 1, INT_MAX); numerics != origin.numerics)
      throw UsageError(
          fmt::format("{} was written by a version of Rung that computes other bits (numerics revision {}; "
                      "this version has revision {})",
                      file_.string(), numerics, origin.numerics),
          "use the version that started the run, or start over in another folder");
  }

  // As many as the position says.
  SavedEpochs epochs(const Position& position) const {
    const auto found = tensors_.bytes.find(kMetrics);
    if (found == tensors_.bytes.end()) fail("the finished epochs are missing");
    const auto& bytes = found->second.values;
    SavedEpochs saved;
    saved.recent = {bytes.begin(), bytes.end()};
    saved.settled = number<int>("metrics_epochs", 0, position.epochs);
    saved.settled_bytes = number<uint64_t>("metrics_bytes", 0, kMostMetricsBytes);
    saved.settled_sha256 = text("metrics_sha256");
    const auto recent = parse_json_lines(saved.recent, file_.string(), saved.settled + 1);
    if (position.epochs - saved.settled != static_cast<int>(recent.size())) fail("epochs are missing");
    return saved;
  }

  State state(const Trainer& trainer) const {
    const nn::Plan& plan = trainer.plan();
    nn::Weights weights = weights_in(tensors_, plan, "", file_);
    if (!trainer.has_result())
      return {position(trainer), std::move(weights), std::nullopt, optimizer(trainer)};
    return {position(trainer), weights_in(tensors_, plan, kTrained, file_), std::move(weights),
            optimizer(trainer)};
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw DataError(fmt::format("{}: {}", file_.string(), what));
  }

 private:
  static constexpr double kLargest = std::numeric_limits<double>::max();

  // Within the trainer's epochs and batches.
  Position position(const Trainer& trainer) const {
    const optim::Training& training = trainer.experiment().training;
    Position position;
    position.epochs = number<int>("epoch", 0, training.epochs);
    position.batches =
        number<int>("batch", 0, position.epochs == training.epochs ? 0 : trainer.batches_per_epoch());
    position.loss_sum = number<double>("loss_sum", 0, kLargest);
    position.correct = number<int>("correct", 0, position.batches * training.batch_size);
    position.seconds = number<double>("seconds", 0, kLargest);
    return position;
  }

  optim::OptimizerState optimizer(const Trainer& trainer) const {
    optim::OptimizerState state = trainer.optimizer();
    const nn::Plan& plan = trainer.plan();
    for (auto& [name, values] : state.buffers())
      values = tensors_at(plan.parameters, plan.parameter_count, prefix_of(name), tensors_, file_);
    return state;
  }

  std::string text(const std::string& key) const { return text_of(tensors_, key); }

  std::string simd() const { return kernels::simd_name(text("simd")); }

  std::string simd_hint() const {
    const auto targets = kernels::simd_targets();
    const bool is_here = std::ranges::find(targets, simd()) != targets.end();
    return is_here ? fmt::format("add --simd {}", simd()) : "use a machine that has it";
  }

  template <typename Number>
  Number number(const std::string& key, Number least, Number most) const {
    const auto value = number_in(text(key), least, most);
    if (!value) fail(fmt::format("its {} is out of range", key));
    return *value;
  }

  const std::filesystem::path& file_;
  SafeTensors tensors_;
};

}  // namespace

uint64_t most_checkpoint_bytes(const nn::Plan& plan) {
  // The weights, what is made from them, and the optimiser's buffers; the finished epochs and the header take
  // less than the rest.
  const uint64_t copies = 2 + optim::most_buffers();
  constexpr uint64_t kRest = kMostMetricsBytes + (uint64_t{16} << 20);
  return copies * (plan.parameter_count + plan.buffer_count) * sizeof(float) + kRest;
}

SafeTensors to_safetensors(const nn::Plan& plan, const nn::Weights& weights) {
  SafeTensors tensors;
  add_weights(plan, weights, "", tensors);
  return tensors;
}

nn::Weights load_weights(const nn::Plan& plan, const std::filesystem::path& file,
                         const std::string& recipe_toml) {
  return load_weights(plan, read_safetensors(file, most_checkpoint_bytes(plan)), file, recipe_toml);
}

nn::Weights load_weights(const nn::Plan& plan, const SafeTensors& tensors, const std::filesystem::path& file,
                         const std::string& recipe_toml) {
  const auto recipe = tensors.metadata.find(kRecipeHash);
  if (recipe == tensors.metadata.end())
    throw DataError(fmt::format("{}: does not say whose weights it holds", file.string()));
  if (recipe->second != hash_of(recipe_toml)) fail_other_recipe(file);
  nn::Weights weights = weights_in(tensors, plan, "", file);
  if (text_of(tensors, kWeightsHash) != nn::weights_sha256(weights))
    throw DataError(
        fmt::format("{}: damaged: its weights are not those that its checksum is of", file.string()));
  return weights;
}

void save_checkpoint(const std::filesystem::path& file, const Origin& origin, const Trainer& trainer,
                     const SavedEpochs& epochs) {
  SafeTensors tensors = to_safetensors(trainer.plan(), trainer.weights());
  if (trainer.has_result()) add_weights(trainer.plan(), trainer.trained_weights(), kTrained, tensors);
  for (const auto& [name, values] : trainer.optimizer().buffers())
    add_tensors(trainer.plan().parameters, values, prefix_of(name), tensors);
  const std::string& recent = epochs.recent;
  tensors.bytes[kMetrics] = {{static_cast<int64_t>(recent.size())}, {recent.begin(), recent.end()}};
  const Position& position = trainer.position();
  // Doubles in the shortest form that reads back as the same bits.
  tensors.metadata = {{"format", kFormat},
                      {"version", kVersion},
                      {kRecipeHash, origin.recipe_sha256},
                      {"data_sha256", origin.data_sha256},
                      {"simd", origin.simd},
                      {"numerics", std::to_string(origin.numerics)},
                      {"metrics_epochs", std::to_string(epochs.settled)},
                      {"metrics_bytes", std::to_string(epochs.settled_bytes)},
                      {"metrics_sha256", epochs.settled_sha256},
                      {"epoch", std::to_string(position.epochs)},
                      {"batch", std::to_string(position.batches)},
                      {"loss_sum", fmt::format("{}", position.loss_sum)},
                      {"correct", std::to_string(position.correct)},
                      {"seconds", fmt::format("{}", position.seconds)},
                      {kWeightsHash, nn::weights_sha256(trainer.weights())}};
  tensors.metadata[kChecksum] = checksum(tensors);
  write_safetensors(file, tensors);
}

Origin origin_of(const std::string& recipe_toml, const std::string& data_sha256) {
  return {.recipe_sha256 = hash_of(recipe_toml), .data_sha256 = data_sha256, .simd = kernels::simd_target()};
}

std::string require_origin(const std::filesystem::path& file, const nn::Plan& plan, const Origin& origin) {
  if (!is_there(file)) return "";
  try {
    CheckpointReader(file, plan).require_origin(origin);
  } catch (const UsageError&) {
    throw;
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

Checkpoint load_checkpoint(const std::filesystem::path& file, const Origin& origin, const Trainer& trainer) {
  const CheckpointReader reader(file, trainer.plan());
  reader.require_origin(origin);
  State state = reader.state(trainer);
  SavedEpochs epochs = reader.epochs(state.position);
  return {std::move(state), std::move(epochs)};
}

}  // namespace rung::train

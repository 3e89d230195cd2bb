#include "train/run_directory.h"

#include <fmt/format.h>

#include <span>
#include <utility>

#include "base/error.h"
#include "base/file.h"

namespace rung::train {
namespace {

void add_tensors(const std::vector<nn::TensorInfo>& infos, std::span<const float> values,
                 const std::string& prefix, SafeTensors& out) {
  for (const nn::TensorInfo& info : infos) {
    const auto part = values.subspan(info.offset, info.size);
    out.floats[prefix + info.name] = {info.shape, {part.begin(), part.end()}};
  }
}

void load_tensors(const std::vector<nn::TensorInfo>& infos, const SafeTensors& from,
                  const std::filesystem::path& file, std::vector<float>& values) {
  for (const nn::TensorInfo& info : infos) {
    const auto& tensor = from.floats_at(info.name, info.size, file);
    std::copy(tensor.values.begin(), tensor.values.end(),
              values.begin() + static_cast<std::ptrdiff_t>(info.offset));
  }
}

// The path and those of its parents that do not exist, the deepest first.
std::vector<std::filesystem::path> missing_folders(std::filesystem::path path) {
  std::vector<std::filesystem::path> missing;
  std::error_code ignored;
  for (; !path.empty() && !std::filesystem::exists(path, ignored); path = path.parent_path())
    missing.push_back(path);
  return missing;
}

}  // namespace

SafeTensors to_safetensors(const nn::Plan& plan, const nn::Weights& weights) {
  SafeTensors tensors;
  add_tensors(plan.parameters, weights.parameters, "", tensors);
  add_tensors(plan.buffers, weights.buffers, "", tensors);
  return tensors;
}

nn::Weights load_weights(const nn::Plan& plan, const std::filesystem::path& file) {
  const SafeTensors tensors = read_safetensors(file);
  nn::Weights weights{std::vector<float>(plan.parameter_count), std::vector<float>(plan.buffer_count)};
  load_tensors(plan.parameters, tensors, file, weights.parameters);
  load_tensors(plan.buffers, tensors, file, weights.buffers);
  return weights;
}

void require_no_run(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::exists(path / kRecipeFile, ignored)) {
    throw UsageError(fmt::format("{} already holds a run", path.string()),
                     "choose another folder with --out, or remove it");
  }
}

RunDirectory::RunDirectory(std::filesystem::path path, const std::string& recipe_toml)
    : path_(std::move(path)) {
  require_no_run(path_);
  const auto created = missing_folders(path_);
  try {
    make_writable_folder(path_);
    replace_file(path_ / kRecipeFile, recipe_toml);
  } catch (const IoError&) {
    std::error_code ignored;
    for (const auto& folder : created) std::filesystem::remove(folder, ignored);  // only if empty
    throw;
  }
}

void RunDirectory::add_epoch(const EpochRecord& epoch, const Trainer& trainer) {
  SafeTensors tensors = to_safetensors(trainer.plan(), trainer.weights());
  tensors.metadata = {{"format", "rung-checkpoint"},
                      {"version", "1"},
                      {"epoch", std::to_string(epoch.epoch)},
                      {"test_accuracy", fmt::format("{}", epoch.test_accuracy)}};
  if (epoch.test_accuracy > best_test_accuracy_) {
    best_test_accuracy_ = epoch.test_accuracy;
    write_safetensors(path_ / kBestFile, tensors);
  }
  add_tensors(trainer.plan().parameters, trainer.optimizer().velocity(), "optimizer.velocity.", tensors);
  write_safetensors(path_ / kCheckpointFile, tensors);
  metrics_ += to_json(epoch).dump() + "\n";
  replace_file(path_ / kMetricsFile, metrics_);
}

void RunDirectory::finish(const nlohmann::ordered_json& result) const {
  replace_file(path_ / kResultFile, result.dump(2) + "\n");
}

}  // namespace rung::train

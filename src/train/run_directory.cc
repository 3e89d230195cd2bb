#include "train/run_directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/file.h"

namespace rung::train {
namespace {

namespace fs = std::filesystem;

// Only the run's weights, ready for use, without the optimiser's state.
void write_best(const fs::path& file, const Origin& origin, const EpochRecord& epoch,
                const Trainer& trainer) {
  SafeTensors tensors = to_safetensors(trainer.plan(), trainer.weights());
  tensors.metadata = {{"format", "rung-weights"},
                      {"version", "1"},
                      {"epoch", std::to_string(epoch.epoch)},
                      {"test_accuracy", fmt::format("{}", epoch.test_accuracy)},
                      {kRecipeHash, origin.recipe_sha256},
                      {kWeightsHash, epoch.weights_sha256}};
  if (epoch.validation)
    tensors.metadata["validation_accuracy"] = fmt::format("{}", epoch.validation->accuracy);
  write_safetensors(file, tensors);
}

const fs::path& checked(const fs::path& path, Start start) {
  if (start == Start::kNew) require_no_run(path);
  return path;
}

// A run without checkpoints would lose its finished epochs if it started over.
void require_no_epochs(const fs::path& path) {
  const fs::path metrics = path / kMetricsFile;
  const bool no_epochs = !is_there(metrics) || read_text_file(metrics, kMostMetricsBytes).empty();
  if (no_epochs && !is_there(path / kResultFile)) return;
  throw DataError(
      fmt::format("{} holds the epochs of a run, but {} is missing", path.string(), kCheckpointFile),
      "put it back, or start over in another folder");
}

bool is_best(const EpochRecord& epoch, std::span<const EpochRecord> before) {
  return std::all_of(before.begin(), before.end(), [&](const EpochRecord& other) {
    return epoch.choosing_accuracy() > other.choosing_accuracy();
  });
}

}  // namespace

bool holds_run(const fs::path& path) {
  return is_there(path / kRecipeFile);
}

void require_no_run(const fs::path& path) {
  if (!holds_run(path)) return;
  throw UsageError(fmt::format("{} already holds a run", path.string()),
                   "choose another folder with --out, or remove it");
}

std::vector<EpochRecord> read_epochs(const fs::path& path) {
  return read_metrics(path / kMetricsFile);
}

RunDirectory::RunDirectory(fs::path path, std::string recipe_toml, Start start)
    : path_(std::move(path)),
      recipe_toml_(std::move(recipe_toml)),
      claim_(checked(path_, start)),
      progress_(path_),
      metrics_(path_ / kMetricsFile) {
  checked(path_, start);  // another process may have started a run meanwhile
  remove_leftovers();
  std::error_code ignored;
  fs::remove(path_ / kDivergedFile, ignored);
  if (!holds_run(path_)) replace_file(path_ / kRecipeFile, recipe_toml_);
}

void RunDirectory::remove_leftovers() const {
  for (const char* file : {kRecipeFile, kMetricsFile, kCheckpointFile, kPreviousFile, kBestFile, kResultFile,
                           kDivergedFile, kProgressFile})
    remove_leftovers_of(path_ / file);
}

RunDirectory::Found RunDirectory::restore(Trainer& trainer, const std::string& data_sha256) {
  origin_ = origin_of(recipe_toml_, data_sha256);
  Found found;
  if (is_there(path_ / kCheckpointFile) || is_there(path_ / kPreviousFile)) {
    found.damage = load_newest(trainer);
    saved_ = found.position = trainer.position();
    keep_newest_ = found.damage.empty();
  } else {
    require_no_epochs(path_);
    metrics_.restore({});
  }
  found.finished = is_there(path_ / kResultFile) && found.damage.empty() &&
                   found.position.epochs == trainer.experiment().training.epochs;
  return found;
}

// Restores everything from the checkpoint, or nothing.
void RunDirectory::load(const char* file, Trainer& trainer) {
  Checkpoint checkpoint = load_checkpoint(path_ / file, origin_, trainer);
  metrics_.restore(checkpoint.epochs);
  trainer.restore(std::move(checkpoint.state));
}

// Restores the newest checkpoint, or the one before it if the newest cannot be used; returns why not.
std::string RunDirectory::load_newest(Trainer& trainer) {
  try {
    load(kCheckpointFile, trainer);
    return "";
  } catch (const UsageError&) {
    throw;
  } catch (const Error& error) {
    if (!is_there(path_ / kPreviousFile)) throw;
    std::string damage = error.what();
    load(kPreviousFile, trainer);
    return damage;
  }
}

void RunDirectory::save(const Trainer& trainer) {
  trainer.require_finite();
  if (keep_newest_) keep_as(path_ / kCheckpointFile, path_ / kPreviousFile);
  save_checkpoint(path_ / kCheckpointFile, origin_, trainer, metrics_.saved());
  keep_newest_ = true;
  saved_ = trainer.position();
}

void RunDirectory::add_epoch(const EpochRecord& epoch, const Trainer& trainer) {
  trainer.require_finite();
  if (is_best(epoch, epochs())) write_best(path_ / kBestFile, origin_, epoch, trainer);
  metrics_.add(epoch);
  save(trainer);
  metrics_.write();
}

void RunDirectory::record_divergence(const std::string& why) const {
  replace_file(path_ / kDivergedFile, why + "\n");
}

void RunDirectory::finish(const nlohmann::ordered_json& result) const {
  replace_file(path_ / kResultFile, result.dump(2) + "\n");
}

}  // namespace rung::train

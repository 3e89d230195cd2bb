// A checkpoint: everything needed to resume a run, bit for bit, after the batch at which it was taken. On
// disk it is a safetensors file with a checksum over its content.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "nn/plan.h"
#include "nn/weights.h"
#include "train/run_record.h"
#include "train/safetensors.h"
#include "train/trainer.h"

namespace rung::train {

// What determines a run's numbers. A checkpoint is used only in the run it belongs to.
struct Origin {
  std::string recipe_sha256;  // of the resolved recipe's text
  std::string data_sha256;    // see data::sha256
  std::string simd;           // the kernels' instruction set
};

// The origin from the resolved recipe's text and the kernels' current instruction set.
Origin origin_of(const std::string& recipe_toml, const std::string& data_sha256);

// Throws UsageError if the file is a checkpoint of a run with another origin. Returns why the file cannot
// tell; empty if it can, or does not exist.
std::string require_origin(const std::filesystem::path& file, const nn::Plan& plan, const Origin& origin);

// Replaces the file by a checkpoint of the trainer's state; `epochs` are the finished ones. Throws IoError
// and leaves the file unchanged.
void save_checkpoint(const std::filesystem::path& file, const Origin& origin, const Trainer& trainer,
                     std::span<const EpochRecord> epochs);

// Restores the trainer's state from the file and returns the finished epochs. Throws IoError if the file
// cannot be read, DataError if it is damaged or not a checkpoint, UsageError if it is another run's; then the
// trainer is unchanged.
std::vector<EpochRecord> load_checkpoint(const std::filesystem::path& file, const Origin& origin,
                                         Trainer& trainer);

// Weights and buffers under their names, as in torch.nn.Sequential's state_dict.
SafeTensors to_safetensors(const nn::Plan& plan, const nn::Weights& weights);

// The metadata of a file of weights.
inline constexpr const char* kWeightsHash = "weights_sha256";
inline constexpr const char* kRecipeHash = "recipe_sha256";  // as in Origin

// The weights in a checkpoint or in a run's best file. Throws IoError, DataError if they are damaged or not
// this model's, UsageError if they were trained with a recipe other than `recipe_toml` (resolved).
nn::Weights load_weights(const nn::Plan& plan, const std::filesystem::path& file,
                         const std::string& recipe_toml);

}  // namespace rung::train

// A checkpoint: all that is needed to go on with a run to the bit, from the batch after which it was taken.
// On disk it is a safetensors file with a checksum over its content.
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

// What a run's numbers follow from. A checkpoint is only used in the run it belongs to.
struct Origin {
  std::string recipe_sha256;  // of the resolved recipe's text
  std::string data_sha256;    // see data::sha256
  std::string simd;           // the kernels' instruction set
};

// The recipe's text as resolved, and the kernels' instruction set of now.
Origin origin_of(const std::string& recipe_toml, const std::string& data_sha256);

// Throws UsageError if the file is a checkpoint of a run with another origin. Returns why it cannot say:
// empty if it can, or is not there.
std::string require_origin(const std::filesystem::path& file, const nn::Plan& plan, const Origin& origin);

// Replaces the file by a checkpoint of where the trainer stands; `epochs` are the finished ones. Throws
// IoError; then the file stays as it was.
void save_checkpoint(const std::filesystem::path& file, const Origin& origin, const Trainer& trainer,
                     std::span<const EpochRecord> epochs);

// Puts the trainer where the one stood that the file was saved from, and returns the finished epochs. Throws
// IoError if the file cannot be read, DataError if it is damaged or no checkpoint, UsageError if it is
// another run's; then the trainer stays as it was.
std::vector<EpochRecord> load_checkpoint(const std::filesystem::path& file, const Origin& origin,
                                         Trainer& trainer);

// Weights and buffers under their names, as in torch.nn.Sequential's state_dict.
SafeTensors to_safetensors(const nn::Plan& plan, const nn::Weights& weights);

// What the metadata of a file of weights says of them.
inline constexpr const char* kWeightsHash = "weights_sha256";
inline constexpr const char* kRecipeHash = "recipe_sha256";  // as in Origin

// The weights in a checkpoint or in a run's best file. Throws IoError, DataError if they are damaged or not
// this model's, UsageError if they were trained with another recipe than `recipe_toml`, as resolved.
nn::Weights load_weights(const nn::Plan& plan, const std::filesystem::path& file,
                         const std::string& recipe_toml);

}  // namespace rung::train

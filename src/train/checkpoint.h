// A checkpoint: everything needed to resume a run, bit for bit, after the batch at which it was taken. On
// disk it is a safetensors file with a checksum over its content.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "nn/plan.h"
#include "nn/weights.h"
#include "train/metrics_file.h"
#include "train/safetensors.h"
#include "train/trainer.h"

namespace rung::train {

// Which bits this program computes: raised whenever a signature in tests/signature_test.cc changes, so that
// no run starts with the bits of one version and ends with those of another.
inline constexpr int kNumericsRevision = 3;

// What determines a run's numbers. A checkpoint is used only in the run it belongs to.
struct Origin {
  std::string recipe_sha256;  // of the resolved recipe's text
  std::string data_sha256;    // see data::sha256
  std::string simd;           // the kernels' instruction set
  int numerics = kNumericsRevision;
};

// The origin from the resolved recipe's text, the kernels' current instruction set and this program's
// revision.
Origin origin_of(const std::string& recipe_toml, const std::string& data_sha256);

// Throws UsageError if the file is a checkpoint of a run with another origin. Returns why the file cannot
// tell; empty if it can, or does not exist.
std::string require_origin(const std::filesystem::path& file, const nn::Plan& plan, const Origin& origin);

// Replaces the file by a checkpoint of the trainer's state; `epochs` are the finished ones. Throws IoError
// and leaves the file unchanged.
void save_checkpoint(const std::filesystem::path& file, const Origin& origin, const Trainer& trainer,
                     const SavedEpochs& epochs);

struct Checkpoint {
  State state;         // for Trainer::restore()
  SavedEpochs epochs;  // the finished ones
};

// Reads the state to resume `trainer` from. Throws IoError if the file cannot be read, DataError if it is
// damaged or not a checkpoint, UsageError if it is another run's.
Checkpoint load_checkpoint(const std::filesystem::path& file, const Origin& origin, const Trainer& trainer);

// The most bytes that a checkpoint of the model can have, whatever its optimiser.
uint64_t most_checkpoint_bytes(const nn::Plan& plan);

// Weights and buffers under their names, as in torch.nn.Sequential's state_dict.
SafeTensors to_safetensors(const nn::Plan& plan, const nn::Weights& weights);

// The metadata of a file of weights.
inline constexpr const char* kWeightsHash = "weights_sha256";
inline constexpr const char* kRecipeHash = "recipe_sha256";  // as in Origin

// The weights in a checkpoint or in a run's best file. Throws IoError, DataError if they are damaged or not
// this model's, UsageError if they were trained with a recipe other than `recipe_toml` (resolved).
nn::Weights load_weights(const nn::Plan& plan, const std::filesystem::path& file,
                         const std::string& recipe_toml);

// The same from what such a file holds; `file` names it in messages.
nn::Weights load_weights(const nn::Plan& plan, const SafeTensors& tensors, const std::filesystem::path& file,
                         const std::string& recipe_toml);

}  // namespace rung::train

// What a peer in another language needs to train a recipe, as files that every language reads. Left out:
// images with more than one channel, or of unequal sides, and layers and options beyond those of the ladder.
#pragma once

#include <filesystem>

#include "data/dataset.h"
#include "recipe/recipe.h"

namespace rung::bench {

// Writes to `folder`, which may exist:
//   task.json                    the resolved recipe as "recipe", the number of its "parameters", the "mean"
//                                and "std" of (value/255 - mean) / std, and the images' "side"
//   train_images, test_images    bytes [N,side,side]
//   train_labels, test_labels    bytes [N]
// The training images are those of the first epoch, in its order and varied by the recipe's augmentation, so
// that a peer takes them one after the other. Throws IoError, or UsageError for what is left out.
void write_peer_task(const recipe::Recipe& recipe, const data::Dataset& dataset,
                     const std::filesystem::path& folder);

}  // namespace rung::bench

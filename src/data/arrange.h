// From the images in a dataset's files to those that a recipe trains on, validates with and tests on: what is
// drawn is seeded, and stratified: each class gives its share. Left out: folds of cross-validation.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/dataset.h"
#include "data/spec.h"

namespace rung::data {

// What a dataset's images are split by where the recipe does not say: a registered one's last images
// validate, because published results held them out; a folder's images may be sorted by class.
ValidationSplit default_split(std::string_view name);

// How many images the portion of `count` is. A share is rounded up, as scikit-learn does.
int images_in(const Portion& portion, int count);

// Indices, in ascending order, of `count` of the images with these labels. Each class gives its share, by the
// method of largest remainders; which of its images is drawn at random. `draw` tells draws with one seed
// apart. Precondition: 0 <= count <= labels.size().
std::vector<uint32_t> stratified(std::span<const uint8_t> labels, int count, uint64_t seed, uint32_t draw);

// The dataset as the recipe uses it: with test images, and with the images that validate behind those that
// are trained on. Throws UsageError if there are no test images and none are to be taken from the training
// images, or if there are and some are to be taken, or if one part would be empty.
Dataset arranged(Dataset files, const DatasetSpec& spec);

// The specification with all that only the images tell: numbers of images in the place of shares, and the
// mean and std of those that are trained on. arranged() of what it returns is the same as of `spec`. Throws
// UsageError if nothing is left to train on, or if all pixels have one value.
DatasetSpec resolved(DatasetSpec spec, const Dataset& arranged);

// Whether it is what resolved() returns.
bool is_resolved(const DatasetSpec& spec);

// Equal for specifications of which arranged() gives the same images in the same order.
std::string arrangement_of(const DatasetSpec& spec);

}  // namespace rung::data

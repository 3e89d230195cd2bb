// From the images in a dataset's files to those that a recipe trains on, validates with and tests on. Draws
// are seeded and stratified: each class gives its share. Left out: folds of cross-validation.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/data_spec.h"
#include "data/dataset.h"

namespace rung::data {

// How a dataset's images are split if the recipe does not say. A registered dataset's last images validate,
// because published results held them out; a folder's images may be sorted by class.
ValidationSplit default_split(std::string_view name);

// How many of `count` images the portion is. A share is rounded up, as in scikit-learn.
int images_in(const Portion& portion, int count);

// Indices, in ascending order, of `count` of the images with these labels. Each class gives its share, by the
// method of largest remainders; which of its images is drawn at random. `draw` distinguishes draws with the
// same seed. Precondition: 0 <= count <= labels.size().
std::vector<uint32_t> stratified(std::span<const uint8_t> labels, int count, uint64_t seed, uint32_t draw);

// The dataset as the recipe uses it: with test images, and with the validation images after the training
// images. Throws UsageError if there are no test images and the recipe takes none from the training images,
// or if there are test images and it takes some, or if one part would be empty.
Dataset arranged(Dataset files, const DatasetSpec& spec);

// The specification with everything that only the images tell: numbers of images instead of shares, the mean
// and std of the training images, and the names of the classes. arranged() gives the same for it as for
// `spec`. Throws UsageError if nothing is left to train on, or if all pixels have one value.
DatasetSpec resolved(DatasetSpec spec, const Dataset& arranged);

// Whether resolved() could have returned it.
bool is_resolved(const DatasetSpec& spec);

// Equal for specifications for which arranged() gives the same images in the same order.
std::string arrangement_of(const DatasetSpec& spec);

}  // namespace rung::data

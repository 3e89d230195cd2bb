// From the images of a source to those of a dataset: which classes, in which order, what tests, and how the
// pixels are changed.
#pragma once

#include "import/image_set.h"
#include "import/options.h"

namespace rung::imports {

// Keeps the classes that were asked for, in this order; else those that have images, in natural order. Then
// the labels are indices of set.classes, and every class trains. What was changed is added to set.steps.
// Throws UsageError for a class that is not there, DataError if fewer than 2 or more than 256 classes remain,
// or if a class has test images but no training images.
void choose_classes(ImageSet& set, const std::vector<std::string>& wanted);

// Calls the classes by other names, in their order; none: as they are. Throws UsageError if the names are bad
// (see data::problem_of) or not as many as the classes.
void name_classes(ImageSet& set, const std::vector<std::string>& names);

// Draws the test images from the training images, by class, if the source has none. Throws UsageError if it
// has none and none are asked for, if it has some and others are asked for, or if a class would not train.
void draw_test(ImageSet& set, const data::Portion& portion, uint64_t seed);

// Grey instead of colours, another range of values, rows and columns exchanged, another size, light and dark
// exchanged: as the options say. Throws DataError if a value is above options.white.
void change_pixels(ImageSet& set, const Options& options, const Work& work);

}  // namespace rung::imports

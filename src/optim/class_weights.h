// The factors of class weights for given training images.
#pragma once

#include <span>
#include <vector>

#include "optim/training_spec.h"

namespace rung::optim {

// [classes], from how many training images each class has. Balanced weights are n / (classes * count), where
// n counts the images and `classes` only the classes that have any, so that the mean factor of an image is 1;
// a class without images gets 0. Precondition: given factors are as many as the counts.
std::vector<float> class_factors(const ClassWeights& weights, std::span<const int> images_of_class);

}  // namespace rung::optim

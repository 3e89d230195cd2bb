// One of every transform, with options that are not the defaults. They suit images of 6 x 6 pixels and more.
#pragma once

#include <vector>

#include "data/data_spec.h"
#include "every_row.h"

namespace rung::testing {

inline std::vector<data::Transform> every_transform() {
  using namespace data;
  return every_row<Transform>(
      ColorJitter{0.1, 0.2, 0.3, 0.4}, RandomRotation{12.5, 255},
      RandomAffine{5, {0.1, 0.2}, {0.5, 2}, {-1, 2, -3, 4}, Interpolation::kBilinear, 9},
      RandomPerspective{0.75, 0.875, Interpolation::kNearest, 8}, ElasticTransform{30, 4.5, 7},
      GaussianBlur{{5, 3}, {0.25, 1.5}}, RandomCrop{3, 5}, RandomHorizontalFlip{0.25},
      RandomVerticalFlip{0.625}, RandomErasing{0.75, {0.1, 0.2}, {0.5, 2}, -1.5});
}

}  // namespace rung::testing

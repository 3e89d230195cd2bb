// Classes that are called by numbers.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "import/image_set.h"

namespace rung::imports {

// Gives each number that occurs a class of its own, which is called after it. `place` names the labels in
// messages. Throws DataError if there are so many different ones that they can hardly be classes.
class NumericLabels {
 public:
  explicit NumericLabels(ImageSet& set) : set_(set) {}

  void add(std::span<const int64_t> labels, const std::string& place);

 private:
  ImageSet& set_;
  std::map<int64_t, uint32_t> label_of_;
};

}  // namespace rung::imports

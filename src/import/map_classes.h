// Classes that are renamed, and several that become one.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "import/image_set.h"

namespace rung::imports {

// Gives the classes called `first` of each pair the name `second`, all at once; classes of one name become
// one class. What was changed is added to set.steps. Throws UsageError for a class that is not there or is
// mapped twice.
void map_classes(ImageSet& set, const std::vector<std::pair<std::string, std::string>>& new_names);

// The place of `name` in set.classes. Throws UsageError, which says the nearest name.
size_t require_class(const ImageSet& set, const std::string& name);

}  // namespace rung::imports

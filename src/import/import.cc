#include "import/import.h"

#include "import/file_tree.h"
#include "import/finish.h"
#include "import/map_classes.h"
#include "import/source.h"
#include "import/write_dataset.h"

namespace rung::imports {

Imported import_images(const Options& options, const Work& work) {
  require_new(options.out);
  const auto tree = open_tree(options.sources);
  if (!options.only.empty()) tree->keep_only(options.only);
  const Source& source = find_source(*tree, options);
  ImageSet set = source.read(*tree, options, work);
  map_classes(set, options.map);
  choose_classes(set, options.classes);
  name_classes(set, options.names);
  draw_test(set, options.test, options.seed);
  change_pixels(set, options, work);
  return {.source = std::string(source.name),
          .description = write_dataset(set, options, work),
          .train_images = set.train.size(),
          .test_images = set.test.size()};
}

}  // namespace rung::imports

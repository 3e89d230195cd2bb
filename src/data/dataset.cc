// Every check names the file and the byte in it, so that users can repair their own datasets.
#include "data/dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <span>
#include <utility>

#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"
#include "data/dataset_description.h"
#include "data/dataset_file.h"

namespace rung::data {
namespace {

constexpr size_t kImageDimsOffset = 4;
constexpr size_t kLabelsOffset = 8;

struct PlacedArray {
  std::string place;
  IdxArray array;
};

// Throws DataError unless the bytes are those that dataset.toml was written for.
void check_sha256(const RawFile& raw, const DatasetDescription& description, DatasetFile file) {
  if (description.sha256[file].empty() || sha256_hex(raw.bytes) == description.sha256[file]) return;
  throw DataError(
      fmt::format("{}: the {} bytes are not those that {} was written for: their SHA-256 differs", raw.place,
                  raw.bytes.size(), kDescriptionFile),
      fmt::format("import the images again; if you changed the file yourself, remove its line in {}",
                  kDescriptionFile));
}

// What is known of a folder's files before they are read: both null of a folder of the user's own.
struct Expected {
  const DatasetInfo* info = nullptr;
  const DatasetDescription* description = nullptr;
};

// An error in the structure is reported before a mere "checksum differs".
PlacedArray load_file(const std::filesystem::path& folder, DatasetFile file, const Expected& expected) {
  const RawFile raw = read_dataset_file(folder, file);
  IdxArray array = parse_dataset_file(raw, file);
  if (expected.info != nullptr) check_sha256(raw, *expected.info, file);
  if (expected.description != nullptr) check_sha256(raw, *expected.description, file);
  return {raw.place, std::move(array)};
}

void check_labels(const PlacedArray& labels, int classes) {
  const auto& values = labels.array.values;
  const auto bad = std::ranges::find_if(values, [&](uint8_t label) { return label >= classes; });
  if (bad == values.end()) return;
  const auto index = static_cast<size_t>(bad - values.begin());
  throw DataError(fmt::format("{}: byte {}: label {} of image {} is not in 0..{}", labels.place,
                              kLabelsOffset + index, *bad, index, classes - 1));
}

void check_images(const PlacedArray& images) {
  const auto& dims = images.array.dims;
  if (dims[1] > kMaxImageSide || dims[2] > kMaxImageSide)
    throw DataError(fmt::format("{}: byte {}: images of {} x {} pixels; at most {} x {} are supported",
                                images.place, kImageDimsOffset + 4, dims[1], dims[2], kMaxImageSide,
                                kMaxImageSide));
}

Split make_split(PlacedArray images, PlacedArray labels) {
  check_images(images);
  const auto& dims = images.array.dims;
  if (dims[0] != labels.array.dims[0])
    throw DataError(fmt::format("{}: byte {}: {} labels, but {} holds {} images", labels.place,
                                kImageDimsOffset, labels.array.dims[0], images.place, dims[0]));
  return {.count = dims[0],
          .height = dims[1],
          .width = dims[2],
          .pixels = std::move(images.array.values),
          .labels = std::move(labels.array.values)};
}

Split load_test(const std::filesystem::path& folder, const Expected& expected, int classes,
                const Split& train) {
  auto images = load_file(folder, kTestImages, expected);
  auto labels = load_file(folder, kTestLabels, expected);
  check_labels(labels, classes);
  const std::string place = images.place;
  Split test = make_split(std::move(images), std::move(labels));
  if (train.height != test.height || train.width != test.width)
    throw DataError(fmt::format("{}: byte {}: test images of {} x {} pixels, but training images of {} x {}",
                                place, kImageDimsOffset + 4, test.height, test.width, train.height,
                                train.width));
  return test;
}

bool has_test_files(const std::filesystem::path& folder) {
  return find_dataset_file(folder, kTestImages) || find_dataset_file(folder, kTestLabels);
}

// The names in dataset.toml are those of the labels, and its sizes those of the images.
void check_description(const DatasetDescription& description, const PlacedArray& images,
                       const PlacedArray& labels) {
  const auto classes = size_t{1} + std::ranges::max(labels.array.values);
  if (description.classes.size() != classes)
    throw DataError(
        fmt::format("{}: the largest label is {}, but {} names {}", labels.place, classes - 1,
                    kDescriptionFile, counted(description.classes.size(), "class")),
        fmt::format("name every class from 0 to {} in {}, in this order", classes - 1, kDescriptionFile));
  const auto& dims = images.array.dims;
  if ((description.height != 0 && description.height != dims[1]) ||
      (description.width != 0 && description.width != dims[2]))
    throw DataError(fmt::format("{}: byte {}: images of {} x {} pixels, but {} says {} x {}", images.place,
                                kImageDimsOffset + 4, dims[1], dims[2], kDescriptionFile, description.height,
                                description.width),
                    "import the images again");
}

Dataset load_folder(const std::string& name, const std::filesystem::path& folder, const Expected& expected) {
  auto images = load_file(folder, kTrainImages, expected);
  auto labels = load_file(folder, kTrainLabels, expected);
  Dataset dataset;
  dataset.name = name;
  dataset.classes =
      expected.info != nullptr ? expected.info->classes : 1 + std::ranges::max(labels.array.values);
  check_labels(labels, dataset.classes);
  if (expected.description != nullptr) {
    check_description(*expected.description, images, labels);
    dataset.class_names = expected.description->classes;
  }
  dataset.train = make_split(std::move(images), std::move(labels));
  if (expected.info != nullptr || has_test_files(folder)) {
    dataset.test = load_test(folder, expected, dataset.classes, dataset.train);
  } else {
    dataset.test = {0, dataset.train.height, dataset.train.width, {}, {}};
  }
  return dataset;
}

Dataset load_own_folder(const std::string& name, const std::filesystem::path& folder) {
  const auto description = read_description(folder);
  return load_folder(name, folder, {.description = description ? &*description : nullptr});
}

// Where a folder of the user's own lies now.
std::filesystem::path place_of(const std::string& name, const std::filesystem::path& root) {
  std::error_code ignored;
  std::filesystem::path folder = name;
  if (std::filesystem::exists(folder, ignored)) return folder;
  const auto last = (folder.has_filename() ? folder : folder.parent_path()).filename();
  auto moved = root / last;
  if (std::filesystem::exists(moved / ".", ignored)) return moved;
  throw IoError(fmt::format("there is no folder {}, and no {} either", name, moved.string()),
                "if the folder of images has moved, name the folder that it is in now with --data");
}

}  // namespace

std::filesystem::path default_root() {
  const char* configured = std::getenv("RUNG_DATA");
  return configured != nullptr && *configured != '\0' ? configured : "data";
}

std::filesystem::path root_or_default(const std::filesystem::path& root) {
  return root.empty() ? default_root() : root;
}

Dataset load_dataset(const std::string& name, const std::filesystem::path& root) {
  if (is_folder(name)) return load_own_folder(name, place_of(name, root));
  const DatasetInfo& info = find_dataset(name);
  return load_dataset(info, root / name);
}

Dataset load_dataset(const DatasetInfo& info, const std::filesystem::path& folder) {
  const std::string hint = fmt::format("run `rung data fetch {}`", info.name);
  try {
    return load_folder(info.name, folder, {.info = &info});
  } catch (const IoError& error) {
    throw IoError(error.what(), hint);
  } catch (const DataError& error) {
    throw DataError(error.what(), hint);
  }
}

Extent extent_of(const std::filesystem::path& folder) {
  const auto images = load_file(folder, kTrainImages, {});
  const auto labels = load_file(folder, kTrainLabels, {});
  check_images(images);
  return {images.array.dims[1], images.array.dims[2], 1 + std::ranges::max(labels.array.values)};
}

std::string sha256(const Dataset& dataset) {
  std::string parts;
  for (const Split* split : {&dataset.train, &dataset.test})
    parts += fmt::format("{}x{}x{} {} {}\n", split->count, split->height, split->width,
                         sha256_hex(std::as_bytes(std::span(split->pixels))),
                         sha256_hex(std::as_bytes(std::span(split->labels))));
  return sha256_hex(std::as_bytes(std::span(parts)));
}

}  // namespace rung::data

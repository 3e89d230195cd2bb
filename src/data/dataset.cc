// Every check names the file and the byte in it, so that users can repair their own datasets.
#include "data/dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <future>
#include <span>
#include <utility>

#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"
#include "data/dataset_description.h"
#include "data/dataset_file.h"

namespace rung::data {
namespace {

constexpr size_t kCountOffset = 4;
constexpr size_t kSizeOffset = 8;
constexpr size_t kLabelsOffset = 8;

template <typename Content>
struct Placed {
  std::string place;
  Content content;
};
using PlacedImages = Placed<ImageStack>;
using PlacedLabels = Placed<std::vector<uint8_t>>;

// "32 x 32", "32 x 32 x 3"
std::string sizes_of(int height, int width, int channels) {
  return channels == 1 ? fmt::format("{} x {}", height, width)
                       : fmt::format("{} x {} x {}", height, width, channels);
}

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

// The checksum is computed meanwhile by another thread. An error in the structure is reported before a mere
// "checksum differs".
template <typename Parse>
auto load_file(const std::filesystem::path& folder, DatasetFile file, const Expected& expected, Parse parse) {
  const RawFile raw = read_dataset_file(folder, file);
  std::future<void> check = std::async([&] {
    if (expected.info != nullptr && !expected.info->published) check_sha256(raw, *expected.info, file);
    if (expected.description != nullptr) check_sha256(raw, *expected.description, file);
  });
  auto content = parse(raw);
  check.get();
  return Placed<decltype(content)>{raw.place, std::move(content)};
}
PlacedImages load_images(const std::filesystem::path& folder, DatasetFile file, const Expected& expected) {
  return load_file(folder, file, expected, parse_images_file);
}
PlacedLabels load_labels(const std::filesystem::path& folder, DatasetFile file, const Expected& expected) {
  return load_file(folder, file, expected, parse_labels_file);
}

void check_labels(const PlacedLabels& labels, int classes) {
  const auto& values = labels.content;
  const auto bad = std::ranges::find_if(values, [&](uint8_t label) { return label >= classes; });
  if (bad == values.end()) return;
  const auto index = static_cast<size_t>(bad - values.begin());
  throw DataError(fmt::format("{}: byte {}: label {} of image {} is not in 0..{}", labels.place,
                              kLabelsOffset + index, *bad, index, classes - 1));
}

Split make_split(PlacedImages images, PlacedLabels labels) {
  ImageStack& stack = images.content;
  if (static_cast<size_t>(stack.count) != labels.content.size())
    throw DataError(fmt::format("{}: byte {}: {} labels, but {} holds {} images", labels.place, kCountOffset,
                                labels.content.size(), images.place, stack.count));
  return {.count = stack.count,
          .height = stack.height,
          .width = stack.width,
          .pixels = std::move(stack.pixels),
          .labels = std::move(labels.content),
          .channels = stack.channels};
}

Split load_test(const std::filesystem::path& folder, const Expected& expected, int classes,
                const Split& train) {
  auto images = load_images(folder, kTestImages, expected);
  auto labels = load_labels(folder, kTestLabels, expected);
  check_labels(labels, classes);
  const std::string place = images.place;
  Split test = make_split(std::move(images), std::move(labels));
  const std::string of_train = sizes_of(train.height, train.width, train.channels);
  const std::string of_test = sizes_of(test.height, test.width, test.channels);
  if (of_train != of_test)
    throw DataError(fmt::format("{}: byte {}: test images of {} pixels, but training images of {}", place,
                                kSizeOffset, of_test, of_train));
  return test;
}

bool has_test_files(const std::filesystem::path& folder) {
  return find_dataset_file(folder, kTestImages) || find_dataset_file(folder, kTestLabels);
}

// The names in dataset.toml are those of the labels, and its sizes those of the images.
void check_description(const DatasetDescription& description, const PlacedImages& images,
                       const PlacedLabels& labels) {
  const auto classes = size_t{1} + std::ranges::max(labels.content);
  if (description.classes.size() != classes)
    throw DataError(
        fmt::format("{}: the largest label is {}, but {} names {}", labels.place, classes - 1,
                    kDescriptionFile, counted(description.classes.size(), "class")),
        fmt::format("name every class from 0 to {} in {}, in this order", classes - 1, kDescriptionFile));
  const ImageStack& found = images.content;
  if ((description.height != 0 && description.height != found.height) ||
      (description.width != 0 && description.width != found.width) ||
      (description.channels != 0 && description.channels != found.channels))
    throw DataError(
        fmt::format("{}: byte {}: images of {} pixels, but {} says {}", images.place, kSizeOffset,
                    sizes_of(found.height, found.width, found.channels), kDescriptionFile,
                    sizes_of(description.height, description.width, std::max(1, description.channels))),
        "import the images again");
}

Dataset load_folder(const std::string& name, const std::filesystem::path& folder, const Expected& expected) {
  auto images = load_images(folder, kTrainImages, expected);
  auto labels = load_labels(folder, kTrainLabels, expected);
  Dataset dataset;
  dataset.name = name;
  dataset.classes = expected.info != nullptr ? expected.info->classes : 1 + std::ranges::max(labels.content);
  check_labels(labels, dataset.classes);
  if (expected.description != nullptr) {
    check_description(*expected.description, images, labels);
    dataset.class_names = expected.description->classes;
  }
  dataset.train = make_split(std::move(images), std::move(labels));
  if (expected.info != nullptr || has_test_files(folder)) {
    dataset.test = load_test(folder, expected, dataset.classes, dataset.train);
  } else {
    const Split& train = dataset.train;
    dataset.test = {0, train.height, train.width, {}, {}, train.channels};
  }
  return dataset;
}

Dataset load_own_folder(const std::string& name, const std::filesystem::path& folder) {
  const auto description = read_description(folder);
  return load_folder(name, folder, {.description = description ? &*description : nullptr});
}

// Other images than the published ones would get a name that says more than they are.
void require_published_images(const DatasetInfo& info, const Dataset& dataset,
                              const std::filesystem::path& folder) {
  const auto require = [&](const char* what, int found, int published) {
    if (found != published)
      throw DataError(fmt::format("{}: {} {}, but {} has {}", quotable(folder.string()), found, what,
                                  info.name, published));
  };
  require("training images", dataset.train.count, info.train_images);
  require("test images", dataset.test.count, info.test_images);
  require("rows", dataset.train.height, info.height);
  require("columns", dataset.train.width, info.width);
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
    if (!info.published) return load_folder(info.name, folder, {.info = &info});
    const auto description = read_description(folder);
    if (!description && find_dataset_file(folder, kTrainImages))
      throw DataError(fmt::format("{} lacks {}", quotable(folder.string()), kDescriptionFile));
    Dataset dataset =
        load_folder(info.name, folder, {.info = &info, .description = description ? &*description : nullptr});
    require_published_images(info, dataset, folder);
    return dataset;
  } catch (const IoError& error) {
    throw IoError(error.what(), hint);
  } catch (const DataError& error) {
    throw DataError(error.what(), hint);
  }
}

Extent extent_of(const std::filesystem::path& folder) {
  const auto images = load_images(folder, kTrainImages, {}).content;
  const auto labels = load_labels(folder, kTrainLabels, {}).content;
  return {images.channels, images.height, images.width, 1 + std::ranges::max(labels)};
}

std::string sha256(const Dataset& dataset) {
  std::string parts;
  for (const Split* split : {&dataset.train, &dataset.test})
    parts += fmt::format("{}x{}x{}{} {} {}\n", split->count, split->height, split->width,
                         split->channels == 1 ? "" : fmt::format("x{}", split->channels),
                         sha256_hex(std::as_bytes(std::span(split->pixels))),
                         sha256_hex(std::as_bytes(std::span(split->labels)))) +
             (split->weights.empty() ? "" : sha256_hex(std::as_bytes(std::span(split->weights))) + "\n");
  return sha256_hex(std::as_bytes(std::span(parts)));
}

}  // namespace rung::data

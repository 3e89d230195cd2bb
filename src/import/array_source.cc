#include "import/array_source.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <memory>
#include <numeric>
#include <optional>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "import/archive_tree.h"
#include "import/array_file.h"
#include "import/numeric_labels.h"

namespace rung::imports {
namespace {

namespace fs = std::filesystem;

// "train-images-idx3-ubyte", "t10k-labels.idx1-ubyte.gz"
bool is_idx_file(const FileTree::File& file) {
  const std::string name = fs::path(file.path).filename().string();
  const size_t at = name.find("idx");
  return at != std::string::npos && at + 3 < name.size() &&
         std::isdigit(static_cast<unsigned char>(name[at + 3])) != 0;
}

std::string stem_of(const std::string& path) {
  return fs::path(path).stem().string();
}

// All arrays of a source, by name.
class Arrays {
 public:
  explicit Arrays(const FileTree& tree) {
    for (size_t file = 0; file < tree.files().size(); ++file) {
      const FileTree::File& one = tree.files()[file];
      if (one.path.ends_with(".npy")) arrays_.emplace_back(tree, file, stem_of(one.path));
      if (one.path.ends_with(".npz")) add_archive(tree, file);
      if (is_idx_file(one)) arrays_.emplace_back(tree, file, fs::path(one.path).filename().string());
    }
  }

  const std::vector<ArrayFile>& all() const { return arrays_; }

  // "x (60000, 28, 28) uint8, ..."
  std::string listed() const {
    std::vector<std::string> texts;
    for (const ArrayFile& array : arrays_)
      texts.push_back(fmt::format("{} {}", quotable(array.name()), shape_text(array.header().shape)));
    return shortened(fmt::format("{}", fmt::join(texts, ", ")), 500);
  }

  const ArrayFile& called(const std::string& name) const {
    const auto found = std::ranges::find(arrays_, name, &ArrayFile::name);
    if (found == arrays_.end())
      throw UsageError(fmt::format("there is no array {}", quotable(name)),
                       fmt::format("there are {}", listed()));
    return *found;
  }

 private:
  // An archive of one array lends it its own name, as those of KMNIST do, where every array is called arr_0.
  void add_archive(const FileTree& tree, size_t file) {
    const auto path = tree.disk_path(file);
    if (!path)
      throw DataError(fmt::format("{}: an archive in an archive", tree.place(file)), "unpack the outer one");
    archives_.push_back(make_archive_tree(*path));
    const FileTree& members = *archives_.back();
    for (size_t member = 0; member < members.files().size(); ++member) {
      const std::string& name = members.files()[member].path;
      if (!name.ends_with(".npy")) continue;
      arrays_.emplace_back(members, member,
                           members.files().size() == 1 ? stem_of(path->string()) : stem_of(name));
    }
  }

  std::vector<std::unique_ptr<FileTree>> archives_;
  std::vector<ArrayFile> arrays_;
};

enum Part { kTrain, kValidation, kTest, kPartCount };

struct Pair {
  const ArrayFile* images = nullptr;
  const ArrayFile* labels = nullptr;
};
using Pairs = std::array<Pair, kPartCount>;

// "kmnist-Train_imgs" -> kmnist, train, imgs
std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words(1);
  for (const char letter : lowered(name)) {
    if (std::isalnum(static_cast<unsigned char>(letter)) != 0) {
      words.back() += letter;
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  return words;
}

bool has_word(const std::vector<std::string>& words, std::initializer_list<std::string_view> wanted) {
  return std::ranges::any_of(words,
                             [&](const std::string& word) { return std::ranges::count(wanted, word) > 0; });
}

Part part_of(const std::vector<std::string>& words) {
  if (has_word(words, {"test", "xtest", "ytest", "t10k"})) return kTest;
  return has_word(words, {"val", "valid", "validation", "xval", "yval"}) ? kValidation : kTrain;
}

// By names such as x_train and y_train, train_images and train_labels, kmnist-train-imgs.
Pairs pairs_by_name(const Arrays& arrays) {
  Pairs pairs;
  const auto put = [&](const ArrayFile*& place, const ArrayFile& array) {
    if (place != nullptr)
      throw UsageError(
          fmt::format("both {} and {} may be the same part", quotable(place->name()), quotable(array.name())),
          fmt::format("--only TEXT takes only files whose paths have this text; or say which with --images "
                      "and --labels: there are {}",
                      arrays.listed()));
    place = &array;
  };
  for (const ArrayFile& array : arrays.all()) {
    const auto words = words_of(array.name());
    Pair& pair = pairs[part_of(words)];
    if (has_word(words,
                 {"x", "images", "image", "imgs", "img", "data", "pixels", "xtrain", "xtest", "xval"})) {
      put(pair.images, array);
    } else if (has_word(words, {"y", "labels", "label", "targets", "target", "ytrain", "ytest", "yval"})) {
      put(pair.labels, array);
    }
  }
  return pairs;
}

Pairs find_pairs(const Arrays& arrays, const Options& options) {
  if (options.images.empty() != options.labels.empty())
    throw UsageError("--images and --labels belong together: one of them is missing");
  if (options.images.empty()) return pairs_by_name(arrays);
  Pairs pairs;
  pairs[kTrain] = {&arrays.called(options.images), &arrays.called(options.labels)};
  return pairs;
}

void require_pairs(const Pairs& pairs, const Arrays& arrays) {
  const auto refuse = [&](const std::string& what) {
    throw DataError(what,
                    fmt::format("say which with --images NAME --labels NAME; there are {}", arrays.listed()));
  };
  for (const Pair& pair : pairs) {
    if (pair.images != nullptr && pair.labels == nullptr)
      refuse(fmt::format("no array has the labels of {}", quotable(pair.images->name())));
    if (pair.images == nullptr && pair.labels != nullptr)
      refuse(fmt::format("no array has the images of {}", quotable(pair.labels->name())));
  }
  if (pairs[kTrain].images == nullptr) refuse("no arrays have names such as x_train and y_train");
}

class ArrayReader {
 public:
  ArrayReader(const Pairs& pairs, const Options& options, const Work& work) : work_(work), numbers_(set_) {
    for (const Part part : {kTrain, kValidation, kTest})
      if (pairs[part].images != nullptr)
        parts_.push_back({part, pairs[part], pairs[part].images->image_shape(options.size)});
  }

  ImageSet read() {
    uint64_t count = 0;
    for (const Source& source : parts_) {
      require_fit(source);
      count += source.shape.count;
    }
    set_.height = parts_.front().shape.height;
    set_.width = parts_.front().shape.width;
    set_.channels = parts_.front().shape.channels;
    if (count > kMostImages || count * set_.image_bytes() > kMostPixelBytes)
      throw DataError(
          fmt::format("{} images of {} x {} are more than fit into memory", count, set_.width, set_.height));
    set_.count = static_cast<int>(count);
    set_.pixels.resize(count * set_.image_bytes());
    read_all();
    say_steps();
    return std::move(set_);
  }

 private:
  struct Source {
    Part part;
    Pair arrays;
    ImageShape shape;
  };

  void require_fit(const Source& source) const {
    const auto& [part, arrays, shape] = source;
    const auto& first = parts_.front();
    if (shape.height != first.shape.height || shape.width != first.shape.width ||
        shape.channels != first.shape.channels)
      throw DataError(fmt::format("{}: images of {} x {} pixels and {}, but those of {} have {} x {} and {}",
                                  arrays.images->place(), shape.height, shape.width,
                                  counted(static_cast<size_t>(shape.channels), "channel"),
                                  first.arrays.images->place(), first.shape.height, first.shape.width,
                                  counted(static_cast<size_t>(first.shape.channels), "channel")));
    const auto& dims = arrays.labels->header().shape;
    const uint64_t labels = dims.empty() ? 0 : dims[0];
    if (labels != shape.count)
      throw DataError(fmt::format("{}: {} labels, but {} has {} images", arrays.labels->place(), labels,
                                  arrays.images->place(), shape.count));
  }

  void read_all() {
    Range range;
    for (const Source& source : parts_) source.arrays.images->add_range(range);
    const PixelScale scale = scale_of(range, parts_.front().arrays.images->place());
    if (!scale.step.empty()) set_.steps.push_back(scale.step);
    size_t first = 0;
    for (const auto& [part, arrays, shape] : parts_) {
      const auto count = static_cast<size_t>(shape.count);
      arrays.images->read_pixels(
          shape, scale,
          std::span(set_.pixels).subspan(first * set_.image_bytes(), count * set_.image_bytes()), work_);
      numbers_.add(arrays.labels->read_labels(), arrays.labels->place());
      std::vector<uint32_t>& images = part == kTest ? set_.test : set_.train;
      for (size_t i = 0; i < count; ++i) images.push_back(static_cast<uint32_t>(first + i));
      first += count;
    }
  }

  void say_steps() {
    set_.is_transposed = lowered(parts_.front().arrays.images->name()).starts_with("emnist");
    if (parts_.front().arrays.labels->label_columns() > 1)
      set_.steps.emplace_back("Of QMNIST's 8 numbers for each image the first is the class.");
    for (const auto& [part, arrays, shape] : parts_) {
      if (part == kValidation)
        set_.steps.push_back(
            fmt::format("The {} validation images follow the training images.", shape.count));
    }
  }

  const Work& work_;
  std::vector<Source> parts_;
  ImageSet set_;
  NumericLabels numbers_;
};

}  // namespace

bool recognises_arrays(const FileTree& tree, const Options&) {
  return std::ranges::any_of(tree.files(), [](const FileTree::File& file) {
    return file.path.ends_with(".npy") || file.path.ends_with(".npz") || is_idx_file(file);
  });
}

ImageSet read_arrays(const FileTree& tree, const Options& options, const Work& work) {
  const Arrays arrays(tree);
  const Pairs pairs = find_pairs(arrays, options);
  require_pairs(pairs, arrays);
  return ArrayReader(pairs, options, work).read();
}

}  // namespace rung::imports

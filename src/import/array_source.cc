#include "import/array_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "import/array_file.h"
#include "import/array_pairs.h"
#include "import/class_labels.h"

namespace rung::imports {
namespace {

namespace fs = std::filesystem;

// Its IDX files, and the structure in its .mat files.
bool is_emnist(const ArrayFile& images) {
  const std::string folder = fs::path(images.path()).parent_path().filename().string();
  return lowered(images.name()).starts_with("emnist") ||
         (lowered(folder).starts_with("emnist") && images.name().starts_with("dataset."));
}

class ArrayReader {
 public:
  ArrayReader(const std::vector<ArrayPart>& parts, const Options& options, const Work& work)
      : work_(work), labels_(set_.labels, set_.classes) {
    for (const ArrayPart& part : parts) parts_.push_back({part, part.images->image_shape(options.size)});
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
          fmt::format("{} images of {} x {} are more than fit into memory", count, set_.width, set_.height),
          "--only TEXT takes only files whose paths have this text");
    set_.count = static_cast<int>(count);
    set_.pixels.resize(count * set_.image_bytes());
    read_all();
    say_steps();
    return std::move(set_);
  }

 private:
  struct Source {
    ArrayPart arrays;
    ImageShape shape;
  };

  void require_fit(const Source& source) const {
    const auto& [arrays, shape] = source;
    const auto& first = parts_.front();
    if (shape.height != first.shape.height || shape.width != first.shape.width ||
        shape.channels != first.shape.channels)
      throw DataError(fmt::format("{}: images of {} x {} pixels and {}, but those of {} have {} x {} and {}",
                                  arrays.images->place(), shape.height, shape.width,
                                  counted(static_cast<size_t>(shape.channels), "channel"),
                                  first.arrays.images->place(), first.shape.height, first.shape.width,
                                  counted(static_cast<size_t>(first.shape.channels), "channel")));
    if (arrays.labels == nullptr) return;
    const auto& dims = arrays.labels->header().shape;
    const uint64_t labels = dims.empty() ? 0 : dims[0];
    if (labels != shape.count)
      throw DataError(fmt::format("{}: {} labels, but {} has {} images", arrays.labels->place(), labels,
                                  arrays.images->place(), shape.count));
  }

  void read_all() {
    const PixelScale scale = common_scale();
    if (!scale.step.empty()) set_.steps.push_back(scale.step);
    size_t first = 0;
    for (const auto& [arrays, shape] : parts_) {
      const auto count = static_cast<size_t>(shape.count);
      arrays.images->read_pixels(
          shape, scale,
          std::span(set_.pixels).subspan(first * set_.image_bytes(), count * set_.image_bytes()), work_);
      read_labels(arrays, count);
      std::vector<uint32_t>& images = arrays.part == kTest ? set_.test : set_.train;
      for (size_t i = 0; i < count; ++i) images.push_back(static_cast<uint32_t>(first + i));
      first += count;
    }
  }

  // That of the first array; the others must be scaled alike. (One that is all black may be scaled as you
  // like.)
  PixelScale common_scale() const {
    std::optional<PixelScale> first;
    for (const Source& source : parts_) {
      Range range;
      source.arrays.images->add_range(range);
      const std::string& place = source.arrays.images->place();
      const PixelScale scale = scale_of(range, place);
      if (range.largest == 0) continue;
      if (first && !scale.is_like(*first))
        throw DataError(fmt::format("{}: the values are from {:g} to {:g}, on another scale than those of {}",
                                    place, range.least, range.largest, parts_.front().arrays.images->place()),
                        "scale the arrays alike: all from 0 to 255, or all from 0 to 1");
      if (!first) first = scale;
    }
    return first.value_or(PixelScale{});
  }

  void read_labels(const ArrayPart& arrays, size_t count) {
    if (arrays.labels == nullptr)
      return labels_.add(std::vector<std::string>(count, arrays.class_name), arrays.images->place());
    const ArrayFile& array = *arrays.labels;
    if (array.label_form() == LabelForm::kTexts) return labels_.add(array.read_text_labels(), array.place());
    labels_.add(array.read_labels(), array.place());
  }

  void say_form(LabelForm form) {
    if (form == LabelForm::kQmnist)
      set_.steps.emplace_back("Of QMNIST's 8 numbers for each image the first is the class.");
    if (form == LabelForm::kOneHot)
      set_.steps.emplace_back("The labels were one-hot: the place of the 1, from 0 on, is the class.");
  }

  void say_steps() {
    set_.is_transposed = is_emnist(*parts_.front().arrays.images);
    if (const ArrayFile* labels = parts_.front().arrays.labels) say_form(labels->label_form());
    for (const auto& [arrays, shape] : parts_) {
      if (arrays.part == kValidation)
        set_.steps.push_back(
            fmt::format("The {} validation images follow the training images.", shape.count));
    }
  }

  const Work& work_;
  std::vector<Source> parts_;
  ImageSet set_;
  ClassLabels labels_;
};

}  // namespace

bool recognises_arrays(const FileTree& tree, const Options&) {
  return std::ranges::any_of(tree.files(), [](const FileTree::File& file) {
    return file.path.ends_with(".npy") || file.path.ends_with(".npz") || is_idx_file(file);
  });
}

ImageSet read_arrays(const FileTree& tree, const Options& options, const Work& work) {
  const Arrays arrays(tree, options);
  return ArrayReader(find_parts(arrays, options), options, work).read();
}

}  // namespace rung::imports

// One NumPy array in a file, read piece by piece: as numbers, as images, or as labels.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "import/file_tree.h"
#include "import/image_set.h"
#include "import/npy.h"
#include "import/options.h"
#include "import/pixel_scale.h"

namespace rung::imports {

// How an array's items lie.
struct ImageShape {
  uint64_t count = 0;
  int height = 0;
  int width = 0;
  int channels = 1;             // 1 or 3
  bool channels_first = false;  // [N,C,H,W] instead of [N,H,W,C]

  uint64_t items_per_image() const {
    return static_cast<uint64_t>(height) * static_cast<uint64_t>(width) * static_cast<uint64_t>(channels);
  }
};

// What an array of labels has for each image.
enum class LabelForm {
  kNumbers,  // (N,), (N, 1), (N, 1, 1), ...
  kTexts,    // likewise
  kQmnist,   // (N, 8): the first number is the class
  kOneHot,   // (N, K): 1 in the place of the class, else 0
};

class ArrayFile {
 public:
  // Reads the header. `tree` must outlive this. Throws DataError.
  ArrayFile(const FileTree& tree, size_t file, std::string name);

  const std::string& name() const { return name_; }
  const std::string& place() const { return place_; }
  const std::string& path() const { return tree_.files()[file_].path; }
  const NpyHeader& header() const { return header_; }

  // (N, H, W), (N, H, W, C), (N, C, H, W), or (N, pixels) if `size` says how they lie or they are a square.
  // Throws DataError for another shape.
  ImageShape image_shape(const std::optional<Size>& size) const;

  // Adds all values to the range. Of bytes nothing is read.
  void add_range(Range& range) const;

  // Writes pixels [N,H,W,C].
  void read_pixels(const ImageShape& shape, const PixelScale& scale, std::span<uint8_t> pixels,
                   const Work& work) const;

  // Throws DataError if its shape is not one of labels.
  LabelForm label_form() const;

  // A whole number for each image. Throws DataError. Precondition: not kTexts.
  std::vector<int64_t> read_labels() const;
  // A name for each image. Throws DataError. Precondition: kTexts.
  std::vector<std::string> read_text_labels() const;

 private:
  [[noreturn]] void fail_short(uint64_t size) const;
  bool is_bytes() const { return header_.kind == NpyKind::kUnsigned && header_.item_bytes == 1; }
  // Calls take(first, bytes) for one piece after the other, of whole items in the file's order.
  void each_bytes(const std::function<void(uint64_t first, std::span<const std::byte> bytes)>& take) const;
  std::vector<int64_t> read_one_hot() const;
  // Calls take(first, numbers) for one piece after the other, in the file's order.
  void each_piece(const std::function<void(uint64_t first, std::span<const double> numbers)>& take) const;
  std::vector<uint8_t> in_c_order(const PixelScale& scale) const;

  const FileTree& tree_;
  size_t file_;
  std::string name_;
  std::string place_;
  NpyHeader header_;
};

}  // namespace rung::imports

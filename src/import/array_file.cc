#include "import/array_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/require.h"
#include "data/dataset.h"
#include "data/image.h"
#include "import/idx_header.h"

namespace rung::imports {
namespace {

constexpr size_t kPieceItems = 256 * 1024;
constexpr size_t kPieceBytes = 4 << 20;
constexpr uint64_t kQmnistColumns = 8;  // the class, and where the digit comes from

bool is_colours(uint64_t extent) {
  return extent == 1 || extent == 3;
}

// Moves indices on as they lie in a file in Fortran order, where the first one varies fastest, and keeps the
// place of the same item in C order.
class FortranWalk {
 public:
  explicit FortranWalk(std::span<const uint64_t> shape)
      : shape_(shape.begin(), shape.end()), index_(shape.size()) {
    uint64_t stride = 1;
    strides_.resize(shape_.size());
    for (size_t dim = shape_.size(); dim-- > 0; stride *= shape_[dim]) strides_[dim] = stride;
  }

  uint64_t place() const { return place_; }

  void advance() {
    for (size_t dim = 0; dim < shape_.size(); ++dim) {
      place_ += strides_[dim];
      if (++index_[dim] < shape_[dim]) return;
      place_ -= strides_[dim] * shape_[dim];
      index_[dim] = 0;
    }
  }

 private:
  std::vector<uint64_t> shape_;
  std::vector<uint64_t> index_;
  std::vector<uint64_t> strides_;  // in C order
  uint64_t place_ = 0;
};

// The pixels of one image [H,W,C]; `values` are as the shape says.
void put_image(const ImageShape& shape, const uint8_t* values, uint8_t* out) {
  const size_t size = shape.items_per_image();
  if (shape.channels_first) {
    data::to_pixels({values, size}, shape.channels, out);
  } else {
    std::copy_n(values, size, out);
  }
}

}  // namespace

ArrayFile::ArrayFile(const FileTree& tree, size_t file, std::string name)
    : tree_(tree), file_(file), name_(std::move(name)), place_(tree.place(file)) {
  std::vector<std::byte> begin(kMostNpyHeaderBytes);
  begin.resize(tree.open(file)->read(begin));
  header_ = tree.files()[file].path.ends_with(".npy") ? parse_npy_header(begin, place_)
                                                      : parse_idx_header(begin, place_);
  // Before there is memory for what the shape claims. (What is compressed shows its length when it is read.)
  const std::string& path = tree.files()[file].path;
  const uint64_t stored = tree.size(file);
  const uint64_t needed = header_.data_offset + header_.items() * header_.item_bytes;
  const bool is_compressed = path.ends_with(".gz") || path.ends_with(".bz2");
  if (!is_compressed && begin.size() == std::min<uint64_t>(stored, kMostNpyHeaderBytes) && stored < needed)
    fail_short(stored);
}

void ArrayFile::fail_short(uint64_t size) const {
  throw DataError(fmt::format("{}: byte {}: the file ends before the {} values of its shape {}", place_, size,
                              header_.items(), shape_text(header_.shape)));
}

ImageShape ArrayFile::image_shape(const std::optional<Size>& size) const {
  const auto& dims = header_.shape;
  const auto shape = shape_text(dims);
  if (header_.is_text()) throw DataError(fmt::format("{}: images of text, of type {}", place_, header_.type));
  const auto refuse = [&](const std::string& why) {
    throw DataError(fmt::format("{}: an array of shape {} {}", place_, shape, why),
                    "images have the shape (count, height, width), with or without 1 or 3 channels");
  };
  ImageShape result{.count = dims.empty() ? 0 : dims[0]};
  uint64_t height = 0;
  uint64_t width = 0;
  if (dims.size() == 2) {
    const auto side = static_cast<uint64_t>(std::llround(std::sqrt(static_cast<double>(dims[1]))));
    height = size ? static_cast<uint64_t>(size->height) : side;
    width = size ? static_cast<uint64_t>(size->width) : side;
    if (height * width != dims[1])
      refuse("is no list of images: say with --size WIDTHxHEIGHT how the pixels lie");
  } else if (dims.size() == 3) {
    height = dims[1];
    width = dims[2];
  } else if (dims.size() == 4 && is_colours(dims[3])) {
    height = dims[1];
    width = dims[2];
    result.channels = static_cast<int>(dims[3]);
  } else if (dims.size() == 4 && is_colours(dims[1])) {
    height = dims[2];
    width = dims[3];
    result.channels = static_cast<int>(dims[1]);
    result.channels_first = true;
  } else {
    refuse("is no list of images");
  }
  data::require_sides(height, width, place_);
  result.height = static_cast<int>(height);
  result.width = static_cast<int>(width);
  if (result.count > kMostImages || result.count * result.items_per_image() > kMostPixelBytes)
    refuse("is too large");
  return result;
}

void ArrayFile::each_bytes(const std::function<void(uint64_t, std::span<const std::byte>)>& take) const {
  const auto stream = tree_.open(file_);
  std::vector<std::byte> bytes(header_.data_offset);
  stream->read(bytes);
  const uint64_t items = header_.items();
  const size_t at_once = std::min(kPieceItems, std::max<size_t>(1, kPieceBytes / header_.item_bytes));
  for (uint64_t first = 0; first < items;) {
    const auto some = static_cast<size_t>(std::min<uint64_t>(at_once, items - first));
    bytes.resize(some * header_.item_bytes);
    const size_t got = stream->read(bytes);
    if (got < bytes.size()) fail_short(header_.data_offset + first * header_.item_bytes + got);
    take(first, bytes);
    first += some;
  }
  bytes.resize(1);
  if (stream->read(bytes) > 0)
    throw DataError(fmt::format("{}: byte {}: more follows the {} values of its shape {}", place_,
                                header_.data_offset + items * header_.item_bytes, items,
                                shape_text(header_.shape)));
}

void ArrayFile::each_piece(const std::function<void(uint64_t, std::span<const double>)>& take) const {
  std::vector<double> numbers;
  each_bytes([&](uint64_t first, std::span<const std::byte> bytes) {
    numbers.resize(bytes.size() / header_.item_bytes);
    decode_npy_items(header_, bytes, numbers);
    take(first, numbers);
  });
}

void ArrayFile::add_range(Range& range) const {
  range.is_bool = range.is_bool || header_.kind == NpyKind::kBool;
  range.is_float = range.is_float || header_.kind == NpyKind::kFloat;
  range.sixteen_bits = range.sixteen_bits || (header_.kind == NpyKind::kUnsigned && header_.item_bytes == 2);
  if (is_bytes()) {
    range.add(0);
    range.add(255);
    return;
  }
  each_piece([&](uint64_t, std::span<const double> numbers) {
    for (const double number : numbers) range.add(number);
  });
}

std::vector<uint8_t> ArrayFile::in_c_order(const PixelScale& scale) const {
  std::vector<uint8_t> values(header_.items());
  FortranWalk walk(header_.shape);
  each_piece([&](uint64_t, std::span<const double> numbers) {
    for (const double number : numbers) {
      values[walk.place()] = scale.pixel(number);
      walk.advance();
    }
  });
  return values;
}

void ArrayFile::read_pixels(const ImageShape& shape, const PixelScale& scale, std::span<uint8_t> pixels,
                            const Work& work) const {
  const auto per_image = static_cast<size_t>(shape.items_per_image());
  RUNG_REQUIRE(pixels.size() == shape.count * per_image);
  if (header_.fortran_order) {
    const std::vector<uint8_t> values = in_c_order(scale);
    for (size_t i = 0; i < shape.count; ++i)
      put_image(shape, values.data() + i * per_image, pixels.data() + i * per_image);
    return;
  }
  std::vector<uint8_t> image(per_image);
  size_t filled = 0;
  uint8_t* out = pixels.data();
  each_piece([&](uint64_t first, std::span<const double> numbers) {
    for (const double number : numbers) {
      image[filled] = scale.pixel(number);
      if (++filled < per_image) continue;
      put_image(shape, image.data(), out);
      out += per_image;
      filled = 0;
    }
    work.report(name_, first + numbers.size(), header_.items());
  });
}

LabelForm ArrayFile::label_form() const {
  const auto& dims = header_.shape;
  if (dims.empty() || (dims.size() > 2 && header_.items() > dims[0]))
    throw DataError(fmt::format("{}: labels of shape {}, not (count,)", place_, shape_text(dims)));
  if (dims[0] > kMostImages) throw DataError(fmt::format("{}: {} labels are too many", place_, dims[0]));
  const bool is_one = header_.items() == dims[0];
  if (header_.is_text() && !is_one)
    throw DataError(fmt::format("{}: {} names for each image", place_, dims[1]));
  if (header_.is_text()) return LabelForm::kTexts;
  if (is_one) return LabelForm::kNumbers;
  const bool is_qmnist = dims[1] == kQmnistColumns && header_.big_endian && header_.item_bytes == 4;
  return is_qmnist ? LabelForm::kQmnist : LabelForm::kOneHot;
}

std::vector<int64_t> ArrayFile::read_labels() const {
  constexpr double kLargest = 1e9;
  const LabelForm form = label_form();
  if (form == LabelForm::kOneHot) return read_one_hot();
  const size_t columns = form == LabelForm::kQmnist ? kQmnistColumns : 1;
  std::vector<int64_t> labels;
  each_piece([&](uint64_t first, std::span<const double> numbers) {
    for (size_t i = 0; i < numbers.size(); ++i) {
      if ((first + i) % columns != 0) continue;
      if (!(std::abs(numbers[i]) <= kLargest) || numbers[i] != std::floor(numbers[i]))
        throw DataError(fmt::format("{}: label {:g} of image {} is no number of a class", place_, numbers[i],
                                    (first + i) / columns));
      labels.push_back(static_cast<int64_t>(numbers[i]));
    }
  });
  return labels;
}

std::vector<int64_t> ArrayFile::read_one_hot() const {
  constexpr int64_t kNone = -1;
  const uint64_t classes = header_.shape[1];
  std::vector<int64_t> labels(header_.shape[0], kNone);
  const auto refuse = [&](uint64_t image, const std::string& what) {
    throw DataError(fmt::format("{}: the {} labels of image {} {}", place_, classes, image, what),
                    "images of one class each are supported: a number or a name for each, or a row of zeros "
                    "with a 1 in the place of the class");
  };
  FortranWalk walk(header_.shape);
  each_piece([&](uint64_t first, std::span<const double> numbers) {
    for (size_t i = 0; i < numbers.size(); ++i) {
      const uint64_t at = header_.fortran_order ? walk.place() : first + i;
      if (header_.fortran_order) walk.advance();
      if (numbers[i] == 0) continue;
      int64_t& label = labels[at / classes];
      if (numbers[i] != 1) refuse(at / classes, fmt::format("hold {:g}, neither 0 nor 1", numbers[i]));
      if (label != kNone) refuse(at / classes, "hold more than one 1");
      label = static_cast<int64_t>(at % classes);
    }
  });
  const auto none = std::ranges::find(labels, kNone);
  if (none != labels.end()) refuse(static_cast<uint64_t>(none - labels.begin()), "hold no 1");
  return labels;
}

std::vector<std::string> ArrayFile::read_text_labels() const {
  RUNG_REQUIRE(header_.is_text());
  std::vector<std::string> labels;
  each_bytes([&](uint64_t, std::span<const std::byte> bytes) {
    for (; !bytes.empty(); bytes = bytes.subspan(header_.item_bytes)) {
      const auto label = decode_npy_text(header_, bytes.first(header_.item_bytes));
      if (!label || label->empty())
        throw DataError(fmt::format("{}: the label of image {} is {}", place_, labels.size(),
                                    label ? "empty" : "not text in Unicode"));
      labels.push_back(*label);
    }
  });
  return labels;
}

}  // namespace rung::imports

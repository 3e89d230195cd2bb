// The files are read twice, in pieces: once to count rows and see the range of the values, and once for the
// pixels.
#include "import/libsvm_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "data/image.h"
#include "import/class_labels.h"
#include "import/csv.h"
#include "import/libsvm.h"
#include "import/line_reader.h"

namespace rung::imports {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostLookedAt = 16;  // files

bool is_libsvm(const FileTree& tree, size_t file) {
  constexpr size_t kBegin = 64 * 1024;
  std::string begin(kBegin, '\0');
  try {
    begin.resize(tree.open(file)->read(std::as_writable_bytes(std::span(begin))));
  } catch (const DataError&) {  // what is damaged is some file
    return false;
  }
  return looks_like_libsvm(begin);
}

// "usps.t.bz2", as LIBSVM names its test files, "digits_test.svm"
bool is_test(const std::string& path) {
  fs::path name = fs::path(path).filename();
  if (name.extension() == ".bz2" || name.extension() == ".gz") name = name.stem();
  return name.extension() == ".t" || lowered(name.string()).find("test") != std::string::npos;
}

// Fractions from -1 to 1, in which an image's ground is -1; all else as scale_of() has it.
PixelScale libsvm_scale(Range range, const std::string& what) {
  range.is_float = true;
  if (!range.finite || range.least >= 0 || range.least < -1 || range.largest > 1)
    return scale_of(range, what);
  return {.factor = 127.5,
          .step =
              "Pixels were fractions from -1 to 1: 1 was added, and they were multiplied by 127.5 and "
              "rounded.",
          .offset = 1};
}

class LibsvmReader {
 public:
  LibsvmReader(const FileTree& tree, const Options& options, const Work& work)
      : tree_(tree), options_(options), work_(work), labels_(set_.labels, set_.classes) {}

  ImageSet read() {
    find_parts();
    LibsvmRows all = parts_.front().rows;
    if (parts_.size() == 2) join(all, parts_[1].rows);
    find_size(all);
    if (all.is_sparse(pixels())) all.range.add(0);
    range_ = all.range;
    const PixelScale scale = libsvm_scale(range_, parts_.front().place);
    if (!scale.step.empty()) set_.steps.push_back(scale.step);
    if (all.count > kMostImages || all.count * pixels() > kMostPixelBytes)
      throw DataError(fmt::format("{} rows of {} pixels are more than fit into memory", all.count, pixels()));
    set_.count = static_cast<int>(all.count);
    set_.pixels.resize(all.count * pixels());
    for (const Part& part : parts_) read_rows(part, scale);
    return std::move(set_);
  }

 private:
  struct Part {
    size_t file = 0;
    std::string place;
    bool is_test = false;
    LibsvmRows rows;
  };

  size_t pixels() const { return set_.image_bytes(); }

  static void join(LibsvmRows& all, const LibsvmRows& more) {
    all.count += more.count;
    all.values += more.values;
    all.largest_index = std::max(all.largest_index, more.largest_index);
    all.range.least = std::min(all.range.least, more.range.least);
    all.range.largest = std::max(all.range.largest, more.range.largest);
    all.range.finite = all.range.finite && more.range.finite;
    all.range.whole = all.range.whole && more.range.whole;
  }

  void find_parts() {
    for (size_t file = 0; file < tree_.files().size(); ++file)
      if (is_libsvm(tree_, file))
        parts_.push_back({file, tree_.place(file), is_test(tree_.files()[file].path), {}});
    std::ranges::stable_sort(parts_, {}, &Part::is_test);  // training first
    if (parts_.size() == 1) parts_.front().is_test = false;
    const auto trains = std::ranges::count(parts_, false, &Part::is_test);
    if (parts_.size() > 2 || trains != 1)
      throw DataError(
          fmt::format("{} of LIBSVM's format, of which {} end in .t or say `test` in their names",
                      counted(parts_.size(), "file"), static_cast<std::ptrdiff_t>(parts_.size()) - trains),
          "name the two files: one with training images, and one with `test` in its name");
    for (Part& part : parts_) {
      each_piece(part, [&](std::string_view lines, size_t line) {
        scan_libsvm(lines, line, part.place, part.rows);
        work_.report("counting rows", 0, 1);
      });
    }
  }

  template <typename Take>
  void each_piece(const Part& part, Take take) const {
    LineReader reader(tree_.open(part.file), part.place);
    size_t line = 1;
    for (std::string_view lines = reader.next(); !lines.empty(); lines = reader.next()) {
      take(lines, line);
      line += static_cast<size_t>(std::ranges::count(lines, '\n'));
    }
  }

  // Trailing zeros may be left out in all rows, so that the largest index says less than the size.
  void find_size(const LibsvmRows& all) {
    const auto side = static_cast<int>(std::llround(std::sqrt(static_cast<double>(all.largest_index))));
    set_.height = options_.size ? options_.size->height : side;
    set_.width = options_.size ? options_.size->width : side;
    const bool fits = options_.size ? all.largest_index <= pixels() : all.largest_index == pixels();
    if (!fits)
      throw UsageError(
          fmt::format("{}: the largest index is {}, which is not {}", parts_.front().place, all.largest_index,
                      options_.size ? fmt::format("within {} x {}", set_.width, set_.height) : "a square"),
          "--size WIDTHxHEIGHT says how the pixels lie");
    data::require_sides(static_cast<uint64_t>(set_.height), static_cast<uint64_t>(set_.width),
                        parts_.front().place);
  }

  void read_rows(const Part& part, const PixelScale& scale) {
    std::vector<uint32_t>& images = part.is_test ? set_.test : set_.train;
    size_t left = part.rows.count;
    each_piece(part, [&](std::string_view lines, size_t line) {
      LibsvmRows here;
      scan_libsvm(lines, line, part.place, here);
      const bool in_range = here.values == 0 || (here.range.finite && here.range.least >= range_.least &&
                                                 here.range.largest <= range_.largest);
      if (here.count > left || here.largest_index > pixels() || !in_range)
        throw DataError(fmt::format("{}: the file changed while it was read", part.place));
      if (here.count == 0) return;
      left -= here.count;
      const size_t begin = set_.labels.size();
      std::vector<int64_t> labels(here.count);
      parse_libsvm(lines, line, part.place, scale,
                   std::span(set_.pixels).subspan(begin * pixels(), here.count * pixels()), labels);
      labels_.add(labels, part.place);
      for (size_t i = 0; i < here.count; ++i) images.push_back(static_cast<uint32_t>(begin + i));
      work_.report("rows", set_.labels.size(), static_cast<uint64_t>(set_.count));
    });
  }

  const FileTree& tree_;
  const Options& options_;
  const Work& work_;
  std::vector<Part> parts_;
  Range range_;  // of all values
  ImageSet set_;
  ClassLabels labels_;
};

}  // namespace

bool recognises_libsvm(const FileTree& tree, const Options&) {
  for (size_t file = 0; file < std::min(tree.files().size(), kMostLookedAt); ++file)
    if (is_libsvm(tree, file)) return true;
  return false;
}

ImageSet read_libsvm(const FileTree& tree, const Options& options, const Work& work) {
  return LibsvmReader(tree, options, work).read();
}

}  // namespace rung::imports

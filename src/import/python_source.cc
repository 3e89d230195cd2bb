// What Python hands over looks like other sources: arrays like .npy files in folders that are called after
// the files, the rows of a table like a folder of pictures.
#include "import/python_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "import/array_file.h"
#include "import/array_source.h"
#include "import/class_labels.h"
#include "import/disk_copies.h"
#include "import/part_words.h"
#include "import/picture_source.h"
#include "import/piece_tree.h"
#include "import/python_reader.h"

namespace rung::imports {
namespace {

namespace fs = std::filesystem;

std::string without_ending(const std::string& path) {
  return path.substr(0, path.rfind('.'));
}

class PythonFiles {
 public:
  PythonFiles(const FileTree& tree, const Options& options, const Work& work)
      : tree_(tree), options_(options), work_(work), copies_(options), scratch_(make_scratch(options)) {}

  ImageSet read() {
    std::vector<PythonFile> found;
    for (size_t file = 0; file < tree_.files().size(); ++file) {
      if (!is_read_by_python(tree_.files()[file].path)) continue;
      files_.push_back(file);
      found.push_back({copies_.on_disk(tree_, file), tree_.place(file)});
    }
    result_ = read_with_python(found, options_, scratch_->path(), work_);
    for (const PythonEntry& entry : result_.entries) containers_.push_back(entry.data);
    const auto tables = std::ranges::count(result_.entries, "", &PythonEntry::array);
    if (tables == 0) return arrays();
    if (tables == std::ssize(result_.entries)) return pictures();
    throw UsageError("there are tables and arrays, which are not imported together",
                     "--only TEXT takes only files whose paths have this text");
  }

 private:
  const std::string& path_of(const PythonEntry& entry) const {
    return tree_.files()[files_[entry.file]].path;
  }
  std::string place_of(const PythonEntry& entry) const { return tree_.place(files_[entry.file]); }

  ImageSet arrays() const {
    std::vector<Piece> pieces;
    for (size_t i = 0; i < containers_.size(); ++i) {
      const PythonEntry& entry = result_.entries[i];
      pieces.push_back({.path = fmt::format("{}/{}.npy", without_ending(path_of(entry)), entry.array),
                        .place = fmt::format("{}: {}", place_of(entry), quotable(entry.array)),
                        .container = i,
                        .size = fs::file_size(containers_[i])});
    }
    return read_arrays(*make_piece_tree(containers_, std::move(pieces)), options_, work_);
  }

  ImageSet pictures() {
    std::vector<Piece> rows;
    for (size_t i = 0; i < containers_.size(); ++i) add_rows(i, rows);
    name_classes();
    place_tests();
    ImageSet set =
        read_laid_out(*make_piece_tree(containers_, std::move(rows)), std::move(layout_), options_, work_);
    set.keep_class_order = !result_.names.empty();
    return set;
  }

  // The integers in a file that Python wrote, one for each row.
  std::vector<int64_t> integers(const fs::path& path, const std::string& place) const {
    const std::vector<fs::path> alone = {path};
    const auto tree =
        make_piece_tree(alone, {{.path = "rows.npy", .place = place, .size = fs::file_size(path)}});
    return ArrayFile(*tree, 0, "rows").read_labels();
  }

  void add_rows(size_t number, std::vector<Piece>& rows) {
    const PythonEntry& entry = result_.entries[number];
    const std::string place = place_of(entry);
    const Part part = part_of_path(path_of(entry));
    const std::vector<int64_t> lengths = integers(entry.lengths, place);
    numbers_.add(integers(entry.labels, place), place);
    uint64_t offset = 0;
    for (size_t row = 0; row < lengths.size(); ++row) {
      const auto size = static_cast<uint64_t>(lengths[row]);
      parts_.push_back(part);
      rows.push_back({.path = fmt::format("row {}", row),
                      .place = fmt::format("{}: row {}", place, row),
                      .container = number,
                      .offset = offset,
                      .size = size});
      offset += size;
    }
  }

  // Numbers that the files, or we, have given names to.
  void name_classes() {
    const auto& names = result_.names.empty() ? result_.texts : result_.names;
    if (names.empty()) return;
    std::vector<uint32_t> number_of;  // of the classes as they were found
    for (const std::string& name : classes_) number_of.push_back(static_cast<uint32_t>(std::stoul(name)));
    for (uint32_t& label : labels_) label = number_of[label];
    classes_ = names;
  }

  // As of pictures in folders: validation images are the test where there is no other.
  void place_tests() {
    const bool has_test = std::ranges::count(parts_, kTest) > 0;
    const auto validation = static_cast<size_t>(std::ranges::count(parts_, kValidation));
    for (size_t row = 0; row < parts_.size(); ++row)
      layout_.pictures.push_back({row, labels_[row], parts_[row] == (has_test ? kTest : kValidation)});
    layout_.classes = std::move(classes_);
    if (validation > 0) layout_.steps.emplace_back(has_test ? kValidationTrains : kValidationTests);
  }

  const FileTree& tree_;
  const Options& options_;
  const Work& work_;
  DiskCopies copies_;
  std::unique_ptr<ScratchFolder> scratch_;
  std::vector<size_t> files_;  // of the tree, which Python reads
  PythonResult result_;
  std::vector<fs::path> containers_;  // what it wrote, by entry
  std::vector<uint32_t> labels_;
  std::vector<std::string> classes_;
  ClassLabels numbers_{labels_, classes_};
  std::vector<Part> parts_;  // by row
  PictureLayout layout_;
};

}  // namespace

bool recognises_python_files(const FileTree& tree, const Options&) {
  return std::ranges::any_of(tree.files(), [](const auto& file) { return is_read_by_python(file.path); });
}

ImageSet read_python_files(const FileTree& tree, const Options& options, const Work& work) {
  return PythonFiles(tree, options, work).read();
}

}  // namespace rung::imports

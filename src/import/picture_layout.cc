#include "import/picture_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "data/image_file.h"
#include "import/listing.h"
#include "import/natural_order.h"
#include "import/part_words.h"

namespace rung::imports {
namespace {

std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> parts;
  for (size_t end = path.find('/'); end != std::string_view::npos; end = path.find('/')) {
    parts.push_back(path.substr(0, end));
    path.remove_prefix(end + 1);
  }
  parts.push_back(path);  // the file's name; empty for a folder
  return parts;
}

// The paths of pictures, seen from the folder in which they part.
class Paths {
 public:
  explicit Paths(const FileTree& tree) : tree_(tree) {
    for (size_t file = 0; file < tree.files().size(); ++file)
      if (data::has_image_ending(tree.files()[file].path)) pictures_.push_back(file);
    while (lie_in_one_folder()) ++skipped_levels_;
    has_splits_ = are_parts();
  }

  const std::vector<size_t>& pictures() const { return pictures_; }
  bool has_splits() const { return has_splits_; }

  std::vector<std::string_view> of(size_t file) const { return below(tree_.files()[file].path); }

  // What a folder of this name holds, if it is one of a split: "train", "Testing", "seg_test". There are few
  // such folders, and many pictures that ask.
  std::optional<Part> part_called(std::string_view folder) const {
    auto known = parts_.find(folder);
    if (known == parts_.end()) known = parts_.emplace(folder, part_in(words_of(folder))).first;
    return known->second;
  }

  // The parts of a path in the tree; none if it lies elsewhere.
  std::vector<std::string_view> below(std::string_view path) const {
    std::vector<std::string_view> parts = parts_of(path);
    parts.erase(parts.begin(),
                parts.begin() + static_cast<ptrdiff_t>(std::min(skipped_levels_, parts.size())));
    return parts;
  }

 private:
  // A folder around all of them, which is neither a class's nor holds pictures itself.
  bool lie_in_one_folder() const {
    if (pictures_.empty()) return false;
    const auto first = of(pictures_.front());
    return std::ranges::all_of(pictures_, [&](size_t file) {
      const auto parts = of(file);
      return parts.size() >= 3 && parts[0] == first[0];
    });
  }

  // Whether the outer folders are parts of a split. (A class may be called train, beside others: a vehicle.)
  bool are_parts() const {
    bool is_one = false;
    bool are_all = !pictures_.empty();
    for (const size_t file : pictures_) {
      const auto parts = of(file);
      const bool is_part = parts.size() >= 3 && part_called(parts[0]);
      is_one = is_one || (is_part && words_of(parts[0]).size() == 1);
      are_all &= is_part;
    }
    return is_one || are_all;
  }

  const FileTree& tree_;
  mutable std::map<std::string, std::optional<Part>, std::less<>> parts_;
  std::vector<size_t> pictures_;
  size_t skipped_levels_ = 0;
  bool has_splits_ = false;
};

class Layouter {
 public:
  explicit Layouter(const FileTree& tree) : tree_(tree), paths_(tree) {}

  PictureLayout lay_out() {
    find_class_folders();
    require_classes_outside();
    name_classes();
    place_pictures();
    say_skipped();
    return std::move(layout_);
  }

 private:
  // A class folder: its split's folder, or "", and its name.
  using ClassFolder = std::pair<std::string, std::string>;

  // None for a path that is not in a class folder.
  std::optional<ClassFolder> class_folder(const std::vector<std::string_view>& parts) const {
    const size_t level = paths_.has_splits() ? 1 : 0;
    if (parts.size() < level + 2) return std::nullopt;
    return ClassFolder(level == 0 ? "" : std::string(parts[0]), std::string(parts[level]));
  }

  void find_class_folders() {
    for (const FileTree::File& file : tree_.files())
      if (const auto folder = class_folder(paths_.below(file.path))) pictures_in_.emplace(*folder, 0);
    for (const std::string& path : tree_.empty_folders())
      if (const auto folder = class_folder(paths_.below(path))) pictures_in_.emplace(*folder, 0);
    for (const size_t file : paths_.pictures()) {
      const auto parts = paths_.of(file);
      const auto folder = class_folder(parts);
      if (!folder || (paths_.has_splits() && !paths_.part_called(parts[0]))) fail_outside(file);
      ++pictures_in_[*folder];
    }
    for (const auto& [folder, count] : pictures_in_)
      if (count == 0)
        throw DataError(fmt::format("the folder {}{}{} holds no PNG or JPEG picture", quotable(folder.first),
                                    folder.first.empty() ? "" : "/", quotable(folder.second)),
                        "every folder here is a class: add its pictures, or move the folder away");
  }

  [[noreturn]] void fail_outside(size_t file) const {
    throw DataError(fmt::format("{} is in no class folder{}", tree_.place(file),
                                paths_.has_splits() ? " of train or test" : ""),
                    "put each picture into a folder that is called after its class, or move it away");
  }

  // Folders with the same folders in them are more likely sources, each with all classes.
  void require_classes_outside() const {
    std::map<ClassFolder, std::set<std::string_view>> inner;
    for (const size_t file : paths_.pictures()) {
      const auto parts = paths_.of(file);
      const size_t level = paths_.has_splits() ? 1 : 0;
      inner[*class_folder(parts)].insert(parts.size() > level + 2 ? parts[level + 1] : "");
    }
    const std::set<std::string_view>& names = inner.begin()->second;
    if (inner.size() < 2 || names.size() < 2 || names.contains("")) return;
    if (!std::ranges::all_of(inner, [&](const auto& one) { return one.second == names; })) return;
    const std::vector<std::string> some(names.begin(), names.end());
    throw DataError(
        fmt::format("the folders {} and {} have the same folders in them: {}",
                    quotable(inner.begin()->first.second), quotable(std::next(inner.begin())->first.second),
                    some_of(some)),
        "which are the classes? Import one of the outer folders alone, or call them train and test, or put "
        "the pictures of each class into one folder");
  }

  void name_classes() {
    std::set<std::string> names;
    for (const auto& [folder, count] : pictures_in_) names.insert(folder.second);
    layout_.classes.assign(names.begin(), names.end());
    std::ranges::sort(layout_.classes, natural_less);
    if (layout_.classes.size() < 2)
      throw DataError(
          fmt::format("all pictures are in one class folder, {}", quotable(layout_.classes.front())),
          "a classifier needs two classes or more, each in a folder of its own");
  }

  void place_pictures() {
    std::map<std::string, uint32_t> label_of;
    for (const std::string& name : layout_.classes)
      label_of.emplace(name, static_cast<uint32_t>(label_of.size()));
    bool has_test = false;
    bool has_validation = false;
    for (const auto& [folder, count] : pictures_in_) {
      has_test |= paths_.part_called(folder.first) == kTest;
      has_validation |= paths_.part_called(folder.first) == kValidation;
    }
    const Part test = has_test ? kTest : kValidation;
    for (const size_t file : paths_.pictures()) {
      const ClassFolder folder = *class_folder(paths_.of(file));
      layout_.pictures.push_back({file, label_of.at(folder.second),
                                  paths_.has_splits() && paths_.part_called(folder.first) == test});
    }
    say_joined();
    if (has_validation) layout_.steps.emplace_back(has_test ? kValidationTrains : kValidationTests);
  }

  void say_joined() {
    const size_t level = paths_.has_splits() ? 1 : 0;
    const auto deeper = std::ranges::count_if(
        paths_.pictures(), [&](size_t file) { return paths_.of(file).size() > level + 2; });
    if (deeper > 0)
      layout_.steps.push_back(
          fmt::format("{} in folders below a class's folder and count as that class.",
                      deeper == 1 ? "1 picture lies" : fmt::format("{} pictures lie", with_commas(deeper))));
  }

  void say_skipped() {
    std::vector<std::string> others;
    for (const FileTree::File& file : tree_.files())
      if (!data::has_image_ending(file.path)) others.push_back(file.path);
    if (!others.empty())
      layout_.steps.push_back(
          fmt::format("{} neither PNG nor JPEG by name and {} left out: {}.",
                      counted(others.size(), "file") + (others.size() == 1 ? " is" : " are"),
                      others.size() == 1 ? "was" : "were", some_of(others)));
    if (!tree_.skipped().empty())
      layout_.steps.push_back(
          fmt::format("Hidden, foreign or a link, and left out: {}.", some_of(tree_.skipped())));
  }

  const FileTree& tree_;
  Paths paths_;
  std::map<ClassFolder, size_t> pictures_in_;
  PictureLayout layout_;
};

}  // namespace

PictureLayout picture_layout(const FileTree& tree) {
  return Layouter(tree).lay_out();
}

}  // namespace rung::imports

#include "import/array_pairs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "import/archive_tree.h"

namespace rung::imports {
namespace {

namespace fs = std::filesystem;

std::string stem_of(const std::string& path) {
  return fs::path(path).stem().string();
}

std::string without_ending(const std::string& path) {
  return path.substr(0, path.rfind('.'));
}

struct Pair {
  const ArrayFile* images = nullptr;
  const ArrayFile* labels = nullptr;
};
using Pairs = std::array<Pair, kPartCount>;

class PairFinder {
 public:
  explicit PairFinder(const Arrays& arrays) : arrays_(arrays) {}

  // By names such as x_train and y_train, train_images and train_labels, kmnist-train-imgs.
  Pairs by_name() {
    for (const ArrayFile& array : arrays_.all()) {
      Pair& pair = pairs_[part_of_path(array.name())];
      if (const auto member = member_called(array.name())) put(pair.**member, array);
    }
    return pairs_;
  }

  // The arrays of these names; or, in several folders or archives, those that are called so there.
  Pairs called(const std::string& images, const std::string& labels) {
    put_called(&Pair::images, images);
    put_called(&Pair::labels, labels);
    return pairs_;
  }

 private:
  using Member = const ArrayFile* Pair::*;

  // Of a path the last part that says it decides.
  static std::optional<Member> member_called(std::string_view path) {
    const size_t slash = path.rfind('/');
    const auto words = words_of(path.substr(slash == std::string_view::npos ? 0 : slash + 1));
    if (has_word(words, {"x", "images", "image", "imgs", "img", "data", "pixels", "xtrain", "xtest", "xval"}))
      return &Pair::images;
    if (has_word(words, {"y", "labels", "label", "targets", "target", "ytrain", "ytest", "yval"}))
      return &Pair::labels;
    return slash == std::string_view::npos ? std::nullopt : member_called(path.substr(0, slash));
  }

  void put(const ArrayFile*& place, const ArrayFile& array) const {
    if (place != nullptr)
      throw UsageError(
          fmt::format("both {} and {} may be the same part", quotable(place->name()), quotable(array.name())),
          fmt::format("--only TEXT takes only files whose paths have this text; or say which with --images "
                      "and --labels: there are {}",
                      arrays_.listed()));
    place = &array;
  }

  void put_called(Member member, const std::string& name) {
    if (const ArrayFile* exact = arrays_.find(name)) return put(pairs_[kTrain].*member, *exact);
    bool found = false;
    for (const ArrayFile& array : arrays_.all()) {
      if (!array.name().ends_with("/" + name)) continue;
      put(pairs_[part_of_path(array.name())].*member, array);
      found = true;
    }
    if (!found)
      throw UsageError(fmt::format("there is no array {}", quotable(name)),
                       fmt::format("there are {}", arrays_.listed()));
  }

  const Arrays& arrays_;
  Pairs pairs_;
};

// Quick Draw's files: the images of one class each, which is the file's name.
bool are_classes(const Arrays& arrays) {
  return arrays.are_files() && arrays.all().size() > 1 &&
         std::ranges::all_of(arrays.all(),
                             [](const ArrayFile& array) { return array.header().shape.size() > 1; });
}

// "cat" of "full_numpy_bitmap_cat", as its files are called when a browser has fetched them.
std::string class_called(std::string name) {
  constexpr std::string_view kBucket = "numpy_bitmap";
  name = name.substr(name.rfind('/') + 1);
  const size_t at = name.find(kBucket);
  if (at == std::string::npos) return name;
  const std::string rest = name.substr(at + kBucket.size());
  return rest.starts_with("%2F") ? rest.substr(3) : rest.starts_with('_') ? rest.substr(1) : name;
}

std::vector<ArrayPart> parts_by_class(const Arrays& arrays) {
  std::vector<ArrayPart> parts;
  for (const ArrayFile& array : arrays.all()) {
    const fs::path folder = fs::path(array.path()).parent_path();
    parts.push_back({part_of_path(folder.generic_string()), &array, nullptr, class_called(array.name())});
  }
  return parts;
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

}  // namespace

bool is_idx_file(const FileTree::File& file) {
  std::string name = lowered(fs::path(file.path).filename().string());
  for (const std::string_view ending : {".gz", ".bz2"})
    if (name.ends_with(ending)) name.resize(name.size() - ending.size());
  const size_t at = name.find("idx");
  return name.ends_with(".idx") || name.ends_with("-ubyte") ||
         (at != std::string::npos && at + 3 < name.size() &&
          std::isdigit(static_cast<unsigned char>(name[at + 3])) != 0);
}

Arrays::Arrays(const FileTree& tree, const Options& options) : copies_(options) {
  for (size_t file = 0; file < tree.files().size(); ++file) {
    const std::string& path = tree.files()[file].path;
    if (path.ends_with(".npy")) found_.push_back({&tree, file, without_ending(path), stem_of(path)});
    if (path.ends_with(".npz")) add_archive(tree, file);
    if (is_idx_file(tree.files()[file]))
      found_.push_back({&tree, file, path, fs::path(path).filename().string()});
    are_files_ = are_files_ && !path.ends_with(".npz") && !is_idx_file(tree.files()[file]);
  }
  for (const Found& one : found_)
    arrays_.emplace_back(*one.tree, one.file,
                         std::ranges::count(found_, one.name, &Found::name) > 1 ? one.path : one.name);
}

std::string Arrays::listed() const {
  std::vector<std::string> texts;
  for (const ArrayFile& array : arrays_)
    texts.push_back(fmt::format("{} {}", quotable(array.name()), shape_text(array.header().shape)));
  return shortened(fmt::format("{}", fmt::join(texts, ", ")), 500);
}

const ArrayFile* Arrays::find(const std::string& name) const {
  const auto found = std::ranges::find(arrays_, name, &ArrayFile::name);
  return found == arrays_.end() ? nullptr : &*found;
}

// An archive of one array lends it its own name, as those of KMNIST do, where every array is called arr_0.
void Arrays::add_archive(const FileTree& tree, size_t file) {
  const std::string archive = without_ending(tree.files()[file].path);
  archives_.push_back(make_archive_tree(copies_.on_disk(tree, file), tree.place(file)));
  const FileTree& members = *archives_.back();
  for (size_t member = 0; member < members.files().size(); ++member) {
    const std::string& path = members.files()[member].path;
    if (!path.ends_with(".npy")) continue;
    if (members.files().size() == 1) {
      found_.push_back({&members, member, archive, stem_of(archive + ".npz")});
    } else {
      found_.push_back({&members, member, archive + "/" + without_ending(path), stem_of(path)});
    }
  }
}

std::vector<ArrayPart> find_parts(const Arrays& arrays, const Options& options) {
  if (options.images.empty() != options.labels.empty())
    throw UsageError("--images and --labels belong together: one of them is missing");
  PairFinder finder(arrays);
  const Pairs pairs =
      options.images.empty() ? finder.by_name() : finder.called(options.images, options.labels);
  const bool are_named = std::ranges::any_of(
      pairs, [](const Pair& pair) { return pair.images != nullptr || pair.labels != nullptr; });
  if (!are_named && are_classes(arrays)) return parts_by_class(arrays);
  require_pairs(pairs, arrays);
  std::vector<ArrayPart> parts;
  for (const Part part : {kTrain, kValidation, kTest})
    if (pairs[part].images != nullptr) parts.push_back({part, pairs[part].images, pairs[part].labels, ""});
  return parts;
}

}  // namespace rung::imports

#include "import/record_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "base/error.h"
#include "data/image.h"

namespace rung::imports {
namespace {

constexpr int kSide = 32;
constexpr size_t kPixels = size_t{kSide} * kSide;
constexpr uint64_t kMostNamesBytes = 64 * 1024;

// What a set's files are called.
struct Kind {
  size_t label_bytes;  // the last one is the class
  std::string_view train;
  std::string_view test;
  std::string_view names;
};
constexpr Kind kKinds[] = {{1, "data_batch", "test_batch", "batches.meta.txt"},
                           {2, "train", "test", "fine_label_names.txt"}};

std::string name_of(const FileTree::File& file) {
  return std::filesystem::path(file.path).filename().string();
}

bool is_named(const FileTree::File& file, std::string_view begin) {
  const std::string name = name_of(file);
  return name.starts_with(begin) && name.ends_with(".bin");
}

bool is_record_file(const Kind& kind, const FileTree& tree, size_t number) {
  const FileTree::File& file = tree.files()[number];
  if (!is_named(file, kind.train) && !is_named(file, kind.test)) return false;
  const uint64_t size = tree.size(number);
  return size > 0 && size % (kind.label_bytes + 3 * kPixels) == 0;
}

const Kind* find_kind(const FileTree& tree) {
  for (const Kind& kind : kKinds)
    for (size_t file = 0; file < tree.files().size(); ++file)
      if (is_record_file(kind, tree, file)) return &kind;
  return nullptr;
}

class RecordReader {
 public:
  RecordReader(const FileTree& tree, const Kind& kind, const Work& work)
      : tree_(tree), kind_(kind), work_(work) {}

  ImageSet read() {
    set_.height = set_.width = kSide;
    set_.channels = 3;
    const size_t record = kind_.label_bytes + 3 * kPixels;
    uint64_t count = 0;
    for (size_t i = 0; i < tree_.files().size(); ++i) {
      const FileTree::File& file = tree_.files()[i];
      if (!is_named(file, kind_.train) && !is_named(file, kind_.test)) continue;
      const uint64_t size = tree_.size(i);
      if (size % record != 0)
        throw DataError(fmt::format("{} has {} bytes, which is no number of records of {}", tree_.place(i),
                                    size, record));
      count += size / record;
    }
    if (count * 3 * kPixels > kMostPixelBytes) throw DataError(fmt::format("{} records are too many", count));
    set_.count = static_cast<int>(count);
    set_.pixels.resize(count * 3 * kPixels);
    for (size_t file = 0; file < tree_.files().size(); ++file) read_file(file, record);
    name_classes();
    return std::move(set_);
  }

 private:
  void read_file(size_t number, size_t record) {
    const FileTree::File& file = tree_.files()[number];
    const bool is_test = is_named(file, kind_.test);
    if (!is_test && !is_named(file, kind_.train)) return;
    const auto stream = tree_.open(number);
    std::vector<std::byte> bytes(record);
    const uint64_t size = tree_.size(number);
    for (uint64_t done = 0; done < size; done += record) {
      if (stream->read(bytes) < record)
        throw DataError(fmt::format("{}: byte {}: the file ends inside a record", tree_.place(number), done));
      add(reinterpret_cast<const uint8_t*>(bytes.data()), is_test);
    }
    work_.report("records", set_.labels.size(), static_cast<uint64_t>(set_.count));
  }

  void add(const uint8_t* record, bool is_test) {
    const size_t image = set_.labels.size();
    data::to_pixels({record + kind_.label_bytes, 3 * kPixels}, 3, set_.pixels.data() + image * 3 * kPixels);
    set_.labels.push_back(record[kind_.label_bytes - 1]);
    (is_test ? set_.test : set_.train).push_back(static_cast<uint32_t>(image));
  }

  // By the file of names, if it is there: one a line.
  void name_classes() {
    const uint32_t largest = *std::ranges::max_element(set_.labels);
    for (size_t file = 0; file < tree_.files().size(); ++file) {
      if (name_of(tree_.files()[file]) != kind_.names) continue;
      const auto stream = tree_.open(file);
      const auto bytes = read_whole(*stream, kMostNamesBytes, tree_.place(file));
      std::string name;
      for (const std::byte byte : bytes) {
        const char letter = static_cast<char>(byte);
        if (letter != '\n' && letter != '\r') {
          name += letter;
        } else if (!name.empty()) {
          set_.classes.push_back(std::exchange(name, ""));
        }
      }
      if (!name.empty()) set_.classes.push_back(name);
    }
    if (set_.classes.size() > largest) {
      set_.keep_class_order = true;
      return;
    }
    set_.classes.clear();
    for (uint32_t label = 0; label <= largest; ++label) set_.classes.push_back(std::to_string(label));
  }

  const FileTree& tree_;
  const Kind& kind_;
  const Work& work_;
  ImageSet set_;
};

}  // namespace

bool recognises_records(const FileTree& tree, const Options&) {
  return find_kind(tree) != nullptr;
}

ImageSet read_records(const FileTree& tree, const Options&, const Work& work) {
  return RecordReader(tree, *find_kind(tree), work).read();
}

}  // namespace rung::imports

// Which arrays a source has, and which of them belong together, by their names.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "import/array_file.h"
#include "import/disk_copies.h"
#include "import/file_tree.h"
#include "import/options.h"
#include "import/part_words.h"

namespace rung::imports {

// "train-images-idx3-ubyte", "t10k-labels.idx1-ubyte.gz"
bool is_idx_file(const FileTree::File& file);

// All arrays of a source. Where several have one name, the folder or archive that each is in precedes it:
// "train/x", "test/x".
class Arrays {
 public:
  // `tree` and `options` must outlive this. Throws DataError.
  Arrays(const FileTree& tree, const Options& options);

  const std::vector<ArrayFile>& all() const { return arrays_; }
  // Null if there is none.
  const ArrayFile* find(const std::string& name) const;
  // "x (60000, 28, 28), y (60000,)"
  std::string listed() const;
  // Whether each is a .npy file by itself.
  bool are_files() const { return are_files_; }

 private:
  struct Found {
    const FileTree* tree;
    size_t file;
    std::string path;  // where it lies, without its ending
    std::string name;  // likewise, the last part
  };

  void add_archive(const FileTree& tree, size_t file);

  DiskCopies copies_;
  std::vector<std::unique_ptr<FileTree>> archives_;
  std::vector<Found> found_;
  std::vector<ArrayFile> arrays_;
  bool are_files_ = true;
};

struct ArrayPart {
  Part part = kTrain;
  const ArrayFile* images = nullptr;
  const ArrayFile* labels = nullptr;  // null: all images are of the class
  std::string class_name;
};

// At least one, which trains. Throws UsageError, DataError.
std::vector<ArrayPart> find_parts(const Arrays& arrays, const Options& options);

}  // namespace rung::imports

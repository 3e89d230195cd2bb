// LIBSVM's text: what is read, how values become pixels, what is refused, with its line; and bzip2.
#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>

#include "data/gzip.h"
#include "import/libsvm.h"
#include "import_testing.h"

namespace rung::imports {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using Libsvm = ImportTest;

std::string bzip2_bytes(const std::string& content) {
  std::string bytes(1 << 20, '\0');
  size_t used = 0;
  archive* writer = archive_write_new();
  archive_write_set_format_raw(writer);
  archive_write_add_filter_bzip2(writer);
  EXPECT_EQ(archive_write_open_memory(writer, bytes.data(), bytes.size(), &used), ARCHIVE_OK);
  archive_entry* entry = archive_entry_new();
  archive_entry_set_filetype(entry, AE_IFREG);
  EXPECT_EQ(archive_write_header(writer, entry), ARCHIVE_OK);
  archive_write_data(writer, content.data(), content.size());
  archive_entry_free(entry);
  archive_write_free(writer);
  bytes.resize(used);
  return bytes;
}

// USPS: fractions from -1 to 1, labels from 1, compressed.
TEST_F(Libsvm, AsUspsIsPublished) {
  write("usps.bz2", bzip2_bytes("7 1:-1 2:-0.5 3:0.25 4:1 \n10 1:1.000000 2:0 3:0 4:-1\n"));
  write("usps.t.bz2", bzip2_bytes("10 1:-1 2:-1 3:-1 4:0.5\n"));
  for (const auto& sources : {std::vector<std::string>{"usps.t.bz2", "usps.bz2"}}) {
    const data::Dataset data = imported(sources);
    EXPECT_EQ(data.train.height, 2);
    EXPECT_THAT(data.train.pixels, ElementsAre(0, 64, 159, 255, 255, 128, 128, 0));
    EXPECT_THAT(data.train.labels, ElementsAre(0, 1));
    EXPECT_THAT(data.test.pixels, ElementsAre(0, 0, 0, 191));
    EXPECT_THAT(data.test.labels, ElementsAre(1));
    EXPECT_THAT(data.class_names, ElementsAre("7", "10"));
  }
}

TEST_F(Libsvm, LeavesOutZeros) {
  write("train.svm", "# sparse\n1 1:0.5 4:1\n\n2 # all zero\n2 2:0.2 # a comment\r\n");
  write("test.svm", "+1.0 3:1");
  const data::Dataset data = imported({"train.svm", "test.svm"});
  EXPECT_THAT(data.train.pixels, ElementsAre(128, 0, 0, 255, 0, 0, 0, 0, 0, 51, 0, 0));
  EXPECT_THAT(data.test.pixels, ElementsAre(0, 0, 255, 0));
  EXPECT_THAT(data.train.labels, ElementsAre(0, 1, 1));
}

TEST_F(Libsvm, TakesBytesAndTheSizeThatIsAskedFor) {
  options_.test = 1;
  write("a.svm", "0 2:255 4:7\n1 1:1\n1 1:2\n0 3:3\n");
  EXPECT_THAT(imported({"a.svm"}).train.pixels, ElementsAre(0, 255, 0, 7, 1, 0, 0, 0, 2, 0, 0, 0));
  options_.size = Size{.width = 3, .height = 2};  // of trailing zeros nothing shows
  EXPECT_EQ(imported({"a.svm"}).train.width, 3);
  options_.size = Size{.width = 3, .height = 1};
  EXPECT_THAT(error_of({"a.svm"}), HasSubstr("the largest index is 4, which is not within 3 x 1 | --size"));
  options_.size = std::nullopt;
  write("a.svm", "0 2:255 5:7\n1 1:1\n");
  EXPECT_THAT(error_of({"a.svm"}), HasSubstr("the largest index is 5, which is not a square | --size"));
  write("a.svm", "0 2:-2 4:7\n1 1:1\n");
  EXPECT_THAT(error_of({"a.svm"}), HasSubstr("the values are from -2 to 7, below 0"));
  write("a.svm", "0 2:nan 4:7\n1 1:1\n");
  EXPECT_THAT(error_of({"a.svm"}), HasSubstr("some values are not finite numbers"));
}

TEST_F(Libsvm, NamesTheLineOfWhatIsNoRow) {
  const auto error_in = [](const std::string& text) {
    LibsvmRows rows;
    try {
      scan_libsvm(text, 1, "f", rows);
    } catch (const DataError& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_EQ(error_in("1 1:1\n1 1:1 1:1\n"), "f: line 2: the index 1 follows 1: they must ascend");
  EXPECT_EQ(error_in("1 0:1\n"), "f: line 1: indices begin at 1");
  EXPECT_EQ(error_in("\n#\n1 1:x\n"), "f: line 3: 1:x is no INDEX:VALUE");
  EXPECT_EQ(error_in("1 :2\n"), "f: line 1: :2 is no INDEX:VALUE");
  EXPECT_EQ(error_in("1 -1:2\n"), "f: line 1: -1:2 is no INDEX:VALUE");
  EXPECT_EQ(error_in("1 99999999999:2\n"), "f: line 1: 99999999999:2 is no INDEX:VALUE");
  EXPECT_EQ(error_in("1 qid:3 1:2\n"), "f: line 1: qid:3 is no INDEX:VALUE");
  EXPECT_EQ(error_in("1,2 1:2\n"), "f: line 1: the label 1,2 is no whole number");
  EXPECT_EQ(error_in("0.5 1:2\n"), "f: line 1: the label 0.5 is no whole number");
}

TEST_F(Libsvm, IsKnownByItsContent) {
  write("notes.txt", "1 2 3\n");
  EXPECT_THAT(error_of({"notes.txt"}), HasSubstr("nothing that can be imported"));
  EXPECT_FALSE(looks_like_libsvm("1\n2\n"));
  EXPECT_FALSE(looks_like_libsvm("1 1:2 x\n"));
  EXPECT_TRUE(looks_like_libsvm("1 1:2\n2 1:cut o"));
}

TEST_F(Libsvm, RefusesThreeFiles) {
  for (const char* name : {"a.svm", "b.svm", "test.svm"}) write(name, "1 1:1\n2 1:1\n");
  EXPECT_THAT(error_of({"a.svm", "b.svm", "test.svm"}),
              HasSubstr("3 files of LIBSVM's format, of which 1 end in .t or say `test`"));
}

TEST_F(Libsvm, RefusesADamagedBzip2Stream) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "1 1:0." + std::to_string(i * 7919 % 100'000) + "\n";
  std::string bytes = bzip2_bytes(text);
  write("b.svm.bz2", bytes.substr(0, bytes.size() / 2));
  EXPECT_THAT(error_of({"b.svm.bz2"}), HasSubstr("nothing that can be imported"));
  std::string idx = text_of(data::idx_bytes({2, 100, 100}, std::vector<uint8_t>(20'000, 7)));
  bytes = bzip2_bytes(idx);
  write("train-images-idx3-ubyte.bz2", bytes.substr(0, bytes.size() - 8));
  write("train-labels-idx1-ubyte", data::idx_bytes({2}, {0, 1}));
  EXPECT_THAT(error_of({"train-images-idx3-ubyte.bz2", "train-labels-idx1-ubyte"}),
              HasSubstr("the bzip2 stream is damaged or cut off"));
}

TEST_F(Libsvm, ReadsBzip2OfIdxFilesAndOfTarArchives) {
  const std::string images = text_of(data::idx_bytes({3, 1, 2}, {1, 2, 3, 4, 5, 6}));
  const std::string labels = text_of(data::idx_bytes({3}, {0, 1, 1}));
  options_.test = 1;
  write("train-images-idx3-ubyte.bz2", bzip2_bytes(images));
  write("train-labels-idx1-ubyte", labels);
  EXPECT_EQ(imported({"train-images-idx3-ubyte.bz2", "train-labels-idx1-ubyte"}).train.count, 2);
  const std::string tar = archive_bytes(
      {{"train-images-idx3-ubyte", images}, {"train-labels-idx1-ubyte", labels}}, /*zip=*/false);
  write("set.tar.bz2",
        bzip2_bytes(text_of(data::gunzip(std::as_bytes(std::span(tar)), "tar", uint64_t{1} << 20))));
  EXPECT_EQ(imported({"set.tar.bz2"}).train.count, 2);
}

}  // namespace
}  // namespace rung::imports

// Zip and tar archives of other sources, IDX files of other types and names, and CIFAR's records.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "import_testing.h"

namespace rung::imports {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;

std::string picture(const std::vector<uint8_t>& pixels) {
  return text_of(data::encode_png(data::Image{1, static_cast<int>(pixels.size()), pixels}));
}

class Archives : public ImportTest {
 protected:
  static std::vector<Entry> pictures() {
    return {{"all/train/b/2.png", picture({3, 4})},
            {"all/train/a/1.png", picture({1, 2})},
            {"all/test/a/9.png", picture({5, 6})},
            {"__MACOSX/all/train/._x", "x"},
            {"all/train/c/", ""},
            {"all/train/c/1.png", picture({7, 8})}};
  }
};

TEST_F(Archives, OfPicturesGiveWhatTheirFolderGives) {
  write("a.zip", archive_bytes(pictures()));
  write("a.tar.gz", archive_bytes(pictures(), false));
  for (const char* name : {"a.zip", "a.tar.gz"}) {
    const data::Dataset data = imported({name});
    EXPECT_THAT(data.class_names, ElementsAre("a", "b", "c")) << name;
    EXPECT_THAT(data.train.pixels, ElementsAre(1, 2, 3, 4, 7, 8));
    EXPECT_THAT(data.train.labels, ElementsAre(0, 1, 2));
    EXPECT_THAT(data.test.pixels, ElementsAre(5, 6));
    EXPECT_THAT(data::read_description(options_.out)->steps,
                ElementsAre("Hidden, foreign or a link, and left out: __MACOSX."));
  }
  EXPECT_THAT(error_of({"a.zip", "a.tar.gz"}), HasSubstr("a.zip is an archive, which is imported alone"));
}

TEST_F(Archives, OfTablesAndArraysAreReadToo) {
  const std::string table = "label,a,b,c,d\n0,1,2,3,4\n1,5,6,7,8\n";
  const auto bytes = std::as_bytes(std::span(table));
  write("t.zip", archive_bytes({{"x/train.csv.gz", text_of(data::gzip_bytes({bytes.begin(), bytes.end()}))},
                                {"x/test.csv", table}}));
  EXPECT_THAT(imported({"t.zip"}).train.pixels, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
  write("i.zip",
        archive_bytes(
            {{"gzip/emnist-a-train-images-idx3-ubyte", text_of(data::idx_bytes({2, 1, 2}, {1, 2, 3, 4}))},
             {"gzip/emnist-a-train-labels-idx1-ubyte", text_of(data::idx_bytes({2}, {1, 2}))},
             {"gzip/emnist-a-test-images-idx3-ubyte", text_of(data::idx_bytes({1, 1, 2}, {5, 6}))},
             {"gzip/emnist-a-test-labels-idx1-ubyte", text_of(data::idx_bytes({1}, {2}))},
             {"gzip/emnist-b-train-images-idx3-ubyte", "x"}}));
  EXPECT_THAT(error_of({"i.zip"}),
              HasSubstr("i.zip: gzip/emnist-b-train-images-idx3-ubyte: byte 0: not an IDX file"));
  options_.only = "emnist-a";
  const data::Dataset data = imported({"i.zip"});
  EXPECT_EQ(data.train.height, 2);
  EXPECT_EQ(data.train.width, 1);
  EXPECT_THAT(data.class_names, ElementsAre("1", "2"));
  EXPECT_THAT(
      data::read_description(options_.out)->steps,
      ElementsAre(
          "The labels were 1 to 2: they became 0 to 1, and the classes keep the old ones as their names.",
          "EMNIST stores its images transposed: rows and columns were exchanged."));
  options_.only = "emnist-c";
  EXPECT_THAT(error_of({"i.zip"}), HasSubstr("none of the 5 files has emnist-c in its path"));
}

TEST_F(Archives, AreRefusedIfTheyLeadOut) {
  for (const char* path : {"../a.png", "/a.png", "a/../../b/a.png"}) {
    auto entries = pictures();
    entries.push_back({path, picture({1, 2})});
    write("a.tar.gz", archive_bytes(entries, false));
    EXPECT_EQ(error_of({"a.tar.gz"}), fmt::format("a.tar.gz: the path {} leads out of the archive | ", path));
  }
  auto entries = pictures();
  entries.push_back({"all/train/a/2.png", "", "/etc/passwd"});
  write("a.tar.gz", archive_bytes(entries, false));
  EXPECT_THAT(error_of({"a.tar.gz"}), HasSubstr("all/train/a/2.png is a link, which is not followed"));
  entries.back() = {"all/train/a/1.png", picture({1, 2})};
  write("a.tar.gz", archive_bytes(entries, false));
  EXPECT_THAT(error_of({"a.tar.gz"}), HasSubstr("all/train/a/1.png is there twice"));
}

TEST_F(Archives, ThatAreDamagedAreRefused) {
  for (const bool zip : {true, false}) {
    const std::string whole = archive_bytes(pictures(), zip);
    for (size_t length = 300; length + 8 < whole.size(); length += 61) {
      write("a", whole.substr(0, length));
      EXPECT_NE(error_of({"a"}), "no error") << length;
    }
    for (size_t at = 0; at < whole.size(); at += 17) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
      write("a", damaged);
      std::filesystem::remove_all(options_.out);
      try {
        import({"a"});
      } catch (const Error&) {  // some bytes matter to nobody
      }
    }
  }
}

TEST_F(ImportTest, QmnistsLabelsAreOfEightNumbers) {
  std::string labels({'\0', '\0', '\x0C', '\x02', '\0', '\0', '\0', '\x02', '\0', '\0', '\0', '\x08'});
  for (const char digit : {'\x05', '\x03'}) labels += std::string(3, '\0') + digit + std::string(28, '\x01');
  for (const char* part : {"train", "test"}) {
    write(fmt::format("q/qmnist-{}-images-idx3-ubyte", part), data::idx_bytes({2, 1, 2}, {1, 2, 3, 4}));
    write(fmt::format("q/qmnist-{}-labels-idx2-int", part), labels);
  }
  const data::Dataset data = imported({"q"});
  EXPECT_THAT(data.class_names, ElementsAre("3", "5"));
  EXPECT_THAT(data.train.labels, ElementsAre(1, 0));
  EXPECT_THAT(data::read_description(options_.out)->steps,
              Contains("Of QMNIST's 8 numbers for each image the first is the class."));
}

TEST_F(ImportTest, CifarsRecordsHaveThreePlanes) {
  const auto record = [](uint8_t label, uint8_t red, uint8_t green, uint8_t blue) {
    return std::string(1, static_cast<char>(label)) + std::string(1024, static_cast<char>(red)) +
           std::string(1024, static_cast<char>(green)) + std::string(1024, static_cast<char>(blue));
  };
  write("c/data_batch_1.bin", record(1, 255, 0, 0) + record(0, 0, 255, 0));
  write("c/test_batch.bin", record(1, 0, 0, 255));
  write("c/batches.meta.txt", "zebra\nantelope\n\n");
  const data::Dataset data = imported({"c"});
  EXPECT_THAT(data.class_names, ElementsAre("zebra", "antelope"));
  EXPECT_EQ(data.train.channels, 3);
  EXPECT_THAT(data.train.pixels, ElementsAreArray([] {
                std::vector<uint8_t> planes(6 * 1024);
                std::fill_n(planes.begin(), 1024, 255);
                std::fill_n(planes.begin() + 4 * 1024, 1024, 255);
                return planes;
              }()));
  EXPECT_EQ(data.test.pixels.back(), 255);
  EXPECT_THAT(data.train.labels, ElementsAre(1, 0));
  write("c/test_batch.bin", record(1, 0, 0, 255) + "x");
  EXPECT_THAT(error_of({"c"}),
              HasSubstr("c/test_batch.bin has 3074 bytes, which is no number of records of 3073"));
}

}  // namespace
}  // namespace rung::imports

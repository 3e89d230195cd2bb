// Loading a dataset: what is read, and that every fault of the four files has its own message.
#include "data/dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/sha256.h"
#include "data/dataset_description.h"
#include "data/dataset_file.h"
#include "data/examples.h"
#include "data/split_statistics.h"
#include "data_test_files.h"

namespace rung::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Examples, ShowEveryClassHoweverTheImagesAreSorted) {
  const std::vector<uint8_t> sorted = {4, 4, 4, 4, 7, 7, 9};
  EXPECT_THAT(in_turn(sorted, 3), ElementsAre(0, 4, 6));
  EXPECT_THAT(in_turn(sorted, 6), ElementsAre(0, 4, 6, 1, 5, 2));
  EXPECT_THAT(in_turn(sorted, 100), ElementsAre(0, 4, 6, 1, 5, 2, 3));
  EXPECT_THAT(in_turn({}, 3), ElementsAre());
}

class DatasetTest : public testing::Test {
 protected:
  DatasetTest() { write_tiny_dataset(folder_.path()); }

  std::string own_name() const { return folder_.path().string() + "/"; }
  std::filesystem::path file(DatasetFile which) const { return folder_.path() / kFileNames[which]; }

  // The message, and hint, of the error of type E that loading `name` throws.
  template <typename E>
  std::string error_of(const std::string& name) const {
    try {
      load_dataset(name, folder_.path());
    } catch (const E& error) {
      return std::string(error.what()) + " | " + error.hint();
    }
    ADD_FAILURE() << "expected an error";
    return "";
  }

  TemporaryFolder folder_;
};

TEST_F(DatasetTest, LoadsAFolderOfOnesOwn) {
  const auto dataset = load_dataset(own_name(), "unused");
  EXPECT_EQ(dataset.classes, 3);
  EXPECT_EQ(dataset.train.count, 3);
  EXPECT_EQ(dataset.train.height, 1);
  EXPECT_EQ(dataset.train.width, 2);
  EXPECT_THAT(dataset.train.pixels, ElementsAre(0, 10, 20, 30, 40, 255));
  EXPECT_THAT(dataset.train.labels, ElementsAre(0, 2, 1));
  EXPECT_EQ(dataset.test.count, 2);
  EXPECT_THAT(dataset.test.pixels, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(dataset.test.labels, ElementsAre(2, 0));
}

TEST_F(DatasetTest, LoadsCompressedFiles) {
  std::filesystem::remove(file(kTrainImages));
  write_bytes(file(kTrainImages).string() + ".gz", gzip_bytes(tiny_file(kTrainImages)));
  EXPECT_THAT(load_dataset(own_name(), "unused").train.pixels, ElementsAre(0, 10, 20, 30, 40, 255));
}

TEST_F(DatasetTest, LoadsFilesUnderOtherSpellings) {
  const std::vector<std::vector<std::string>> spellings = {
      {"train-images.idx3-ubyte"},
      {"train-labels.idx1-ubyte"},
      {"t10k-images.idx3-ubyte", "test-images-idx3-ubyte", "test-images.idx3-ubyte"},
      {"t10k-labels.idx1-ubyte", "test-labels-idx1-ubyte", "test-labels.idx1-ubyte"}};
  for (const DatasetFile which : kDatasetFiles) {
    std::filesystem::remove(file(which));
    for (const std::string& name : spellings[which]) {
      write_bytes(folder_.path() / name, tiny_file(which));
      EXPECT_EQ(find_dataset_file(folder_.path(), which), folder_.path() / name);
      std::filesystem::remove(folder_.path() / name);
      write_bytes(folder_.path() / (name + ".gz"), gzip_bytes(tiny_file(which)));
      EXPECT_EQ(find_dataset_file(folder_.path(), which), folder_.path() / (name + ".gz"));
      if (name != spellings[which].back()) std::filesystem::remove(folder_.path() / (name + ".gz"));
    }
  }
  EXPECT_EQ(sha256(load_dataset(own_name(), "unused")), sha256(load_dataset(tiny_info(), folder_.path())));
}

TEST_F(DatasetTest, NamesWhatLooksLikeAMissingFile) {
  std::filesystem::rename(file(kTrainImages), folder_.path() / "emnist-letters-Train-images");
  EXPECT_EQ(error_of<IoError>(own_name()),
            "cannot find " + own_name() +
                "train-images-idx3-ubyte (or train-images.idx3-ubyte; each may end in .gz); the folder holds "
                "emnist-letters-Train-images | rename the file to train-images-idx3-ubyte if that is what it "
                "holds");
  std::filesystem::remove(file(kTestImages));
  write_bytes(file(kTrainImages), tiny_file(kTrainImages));
  EXPECT_EQ(error_of<IoError>(own_name()),
            "cannot find " + own_name() +
                "t10k-images-idx3-ubyte (or t10k-images.idx3-ubyte, test-images-idx3-ubyte, "
                "test-images.idx3-ubyte; each may end in .gz) | ");
}

TEST_F(DatasetTest, HasNoTestImagesWhereTheirFilesAreMissing) {
  std::filesystem::remove(file(kTestImages));
  std::filesystem::remove(file(kTestLabels));
  const Dataset dataset = load_dataset(own_name(), "unused");
  EXPECT_EQ(dataset.train.count, 3);
  EXPECT_EQ(dataset.test.count, 0);
  EXPECT_THROW(load_dataset(tiny_info(), folder_.path()), IoError);
}

TEST_F(DatasetTest, FindsAFolderThatHasMoved) {
  const std::string moved = "/nowhere/" + folder_.path().filename().string();
  for (const std::string& name : {moved, moved + "/"})
    EXPECT_EQ(load_dataset(name, folder_.path().parent_path()).train.count, 3);
  EXPECT_EQ(error_of<IoError>("/nowhere/mine"),
            "there is no folder /nowhere/mine, and no " + (folder_.path() / "mine").string() +
                " either | if the folder of images has moved, name the folder that it is in now with --data");
}

TEST_F(DatasetTest, SaysWhatTheTrainingFilesHold) {
  const Extent extent = extent_of(folder_.path());
  EXPECT_EQ(extent.height, 1);
  EXPECT_EQ(extent.width, 2);
  EXPECT_EQ(extent.classes, 3);
}

TEST_F(DatasetTest, TakesTheNamesOfItsClassesFromItsDescription) {
  DatasetDescription description{.name = "\"mine\"",
                                 .classes = {"rose", "#lily", "daisy \"x\""},
                                 .height = 1,
                                 .width = 2,
                                 .sources = {},
                                 .steps = {},
                                 .sha256 = {}};
  description.sha256[kTrainLabels] = sha256_hex(tiny_file(kTrainLabels));
  description.steps = {"one", "two"};
  const auto write = [&] { replace_file(folder_.path() / kDescriptionFile, to_toml(description)); };
  write();
  EXPECT_EQ(load_dataset(own_name(), "unused").class_names, description.classes);
  const auto again = read_description(folder_.path());
  EXPECT_EQ(again->name, description.name);
  EXPECT_EQ(again->steps, description.steps);
  EXPECT_EQ(again->sha256, description.sha256);

  description.sha256[kTrainLabels] = std::string(64, '0');
  write();
  EXPECT_THAT(
      error_of<DataError>(own_name()),
      HasSubstr("train-labels-idx1-ubyte: the 11 bytes are not those that dataset.toml was written for"));
  description.sha256[kTrainLabels] = "";
  description.width = 3;
  write();
  EXPECT_THAT(error_of<DataError>(own_name()),
              HasSubstr("images of 1 x 2 pixels, but dataset.toml says 1 x 3"));
  description.classes.pop_back();
  write();
  EXPECT_THAT(error_of<DataError>(own_name()),
              HasSubstr("the largest label is 2, but dataset.toml names 2 classes"));
}

TEST(DatasetDescriptions, SayWhatIsWrongInThem) {
  const auto error_of = [](const std::string& text) {
    try {
      parse_description(text, "d");
    } catch (const DataError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(error_of("classes = [\"a\", \"b\"]\nwhoever = 1"), "");
  EXPECT_EQ(error_of(""), "d:1:1: `classes`, the names of the classes, are missing");
  EXPECT_THAT(error_of("classes = [\"a\", \"b"), HasSubstr("d:1:"));
  EXPECT_EQ(error_of("\nclasses = [\"a\", 1]"), "d:2:17: classes: expected an array of texts");
  EXPECT_EQ(error_of("classes = [\"a\", \"a\"]"), "d:1:11: two classes are called a");
  EXPECT_EQ(error_of("classes = [\"a\", \"\\u0007\"]"),
            "d:1:11: the class name \\x07 holds control characters, or bytes that are not UTF-8");
  EXPECT_EQ(error_of("classes = [\"a\"]\nheight = 0"), "d:2:10: height: expected an integer from 1 to 4096");
  EXPECT_EQ(error_of("classes = [\"a\"]\n[sha256]\ntrain-images-idx3-ubyte = \"0\""),
            "d:3:27: sha256: expected 64 hexadecimal digits");
}

TEST_F(DatasetTest, ChecksTheChecksumOfADescribedDataset) {
  DatasetInfo info = tiny_info();
  EXPECT_EQ(load_dataset(info, folder_.path()).train.count, 3);
  info.sha256[kTestLabels] = std::string(64, '0');
  EXPECT_THROW(load_dataset(info, folder_.path()), DataError);
}

TEST_F(DatasetTest, SaysWhichFileIsNotThePublishedOne) {
  std::filesystem::create_directory(folder_.path() / "mnist");
  write_tiny_dataset(folder_.path() / "mnist");
  const auto message = error_of<DataError>("mnist");
  EXPECT_THAT(message, HasSubstr("mnist/train-images-idx3-ubyte: SHA-256 of the 22 bytes is "));
  EXPECT_THAT(message, HasSubstr("| run `rung data fetch mnist`"));
}

TEST_F(DatasetTest, SaysWhatIsWrongWithTheStructureBeforeTheChecksum) {
  std::filesystem::create_directory(folder_.path() / "mnist");
  write_tiny_dataset(folder_.path() / "mnist");
  auto bytes = tiny_file(kTrainImages);
  bytes.pop_back();
  write_bytes(folder_.path() / "mnist" / kFileNames[kTrainImages], bytes);
  EXPECT_THAT(error_of<DataError>("mnist"), HasSubstr("byte 21: expected 6 bytes of values"));
}

TEST_F(DatasetTest, HintsAtFetchingAMissingFile) {
  const auto message = error_of<IoError>("mnist");
  EXPECT_THAT(message,
              HasSubstr("mnist/train-images-idx3-ubyte (or train-images.idx3-ubyte; each may end in .gz)"));
  EXPECT_THAT(message, HasSubstr("| run `rung data fetch mnist`"));
}

TEST_F(DatasetTest, SuggestsAKnownName) {
  EXPECT_THAT(error_of<UsageError>("minst"), HasSubstr("unknown dataset 'minst'; did you mean 'mnist'?"));
  EXPECT_THAT(error_of<UsageError>("fashion-mnist"), HasSubstr("did you mean 'fashion_mnist'?"));
}

TEST_F(DatasetTest, RefusesCountsThatDiffer) {
  write_bytes(file(kTrainLabels), idx_bytes({2}, {0, 2}));
  EXPECT_THAT(error_of<DataError>(own_name()), HasSubstr("train-labels-idx1-ubyte: byte 4: 2 labels, but"));
}

TEST_F(DatasetTest, RefusesALabelBeyondTheClasses) {
  write_bytes(file(kTestLabels), idx_bytes({2}, {0, 3}));
  EXPECT_THAT(error_of<DataError>(own_name()),
              HasSubstr("t10k-labels-idx1-ubyte: byte 9: label 3 of image 1 is not in 0..2"));
}

TEST_F(DatasetTest, RefusesTestImagesOfAnotherSize) {
  write_bytes(file(kTestImages), idx_bytes({2, 2, 1}, {1, 2, 3, 4}));
  EXPECT_THAT(error_of<DataError>(own_name()),
              HasSubstr("test images of 2 x 1 pixels, but training images of 1 x 2"));
}

TEST_F(DatasetTest, RefusesHugeImages) {
  write_bytes(file(kTrainImages), idx_bytes({3, 1, 4097}, std::vector<uint8_t>(3 * 4097)));
  EXPECT_THAT(error_of<DataError>(own_name()), HasSubstr("images of 1 x 4097 pixels"));
}

TEST_F(DatasetTest, ItsSha256IsOfItsImagesLabelsAndShapeAlone) {
  const Dataset dataset = load_dataset(own_name(), "unused");
  std::set<std::string> hashes = {sha256(dataset)};
  const auto is_new = [&](auto change) {
    Dataset other = dataset;
    change(other);
    return hashes.insert(sha256(other)).second;
  };
  EXPECT_FALSE(is_new([](Dataset& other) { other.name = "another"; }));
  EXPECT_TRUE(is_new([](Dataset& other) { other.train.pixels.back() ^= 1; }));
  EXPECT_TRUE(is_new([](Dataset& other) { other.train.labels.back() ^= 1; }));
  EXPECT_TRUE(is_new([](Dataset& other) { other.test.pixels.back() ^= 1; }));
  EXPECT_TRUE(is_new([](Dataset& other) { other.test.labels.back() ^= 1; }));
  EXPECT_TRUE(is_new([](Dataset& other) { std::swap(other.train.height, other.train.width); }));
  EXPECT_TRUE(is_new([](Dataset& other) { std::swap(other.test.height, other.test.width); }));
  EXPECT_TRUE(is_new([](Dataset& other) { std::swap(other.train.count, other.train.height); }));
}

TEST(DefaultRoot, FollowsTheEnvironment) {
  const char* before = std::getenv("RUNG_DATA");
  const std::string saved = before != nullptr ? before : "";
  ::setenv("RUNG_DATA", "elsewhere", 1);
  EXPECT_EQ(default_root(), "elsewhere");
  ::setenv("RUNG_DATA", "", 1);
  EXPECT_EQ(default_root(), "data");
  ::unsetenv("RUNG_DATA");
  EXPECT_EQ(default_root(), "data");
  if (before != nullptr) ::setenv("RUNG_DATA", saved.c_str(), 1);
}

// Of two images in planes: red is 0 and 255, green is 51 and 51, blue 255 and 0.
TEST(Statistics, OfEachChannel) {
  const Split split{2, 1, 1, {0, 51, 255, 255, 51, 0}, {0, 0}, 3};
  const Moments moments = moments_of(split, 2);
  EXPECT_THAT(moments.mean.values(), ElementsAre(0.5, 0.2, 0.5));
  EXPECT_NEAR(moments.std.of_channel(0), std::sqrt(0.5), 1e-12);
  EXPECT_EQ(moments.std.of_channel(1), 0);
  EXPECT_THAT(moments_of(split, 1).mean.values(), ElementsAre(0, 0.2, 1));
  DatasetSpec spec;
  spec.mean = ChannelValues(std::vector<double>{0.5, 0.2, 0.5});
  spec.std = ChannelValues(std::vector<double>{0.5, 1, 0.25});
  const auto all = normalised_statistics(split, spec);
  EXPECT_DOUBLE_EQ(all.min, -2);
  EXPECT_DOUBLE_EQ(all.max, 2);
  EXPECT_NEAR(all.mean, 0, 1e-12);
  EXPECT_NEAR(all.std, std::sqrt(2.0), 1e-12);  // of (-1, 1, 0, 0, 2, -2): 10 / 5
}

TEST(Statistics, OfFourPixels) {
  const Split split{1, 2, 2, {0, 51, 102, 255}, {0}};
  const auto statistics = normalised_statistics(split, {.name = "", .mean = 0.5, .std = 0.25});
  EXPECT_DOUBLE_EQ(statistics.min, -2);
  EXPECT_DOUBLE_EQ(statistics.max, 2);
  EXPECT_NEAR(statistics.mean, -0.4, 1e-12);
  EXPECT_NEAR(statistics.std, 1.7281975195754297, 1e-12);  // torch.std of (-2, -1.2, -0.4, 2)
}

// An image with these pixels, one row a word: # is ink.
Split drawing(const std::vector<std::string>& rows) {
  Split split{1, static_cast<int>(rows.size()), static_cast<int>(rows.front().size()), {}, {0}};
  for (const std::string& row : rows)
    for (const char pixel : row) split.pixels.push_back(pixel == '#' ? 128 : 127);
  return split;
}

TEST(Statistics, StrokesAreAsWideAsTheirShortestRun) {
  const double diagonal = std::sqrt(2.0);
  EXPECT_DOUBLE_EQ(stroke_width(drawing({"....", "...."})), 0);
  EXPECT_DOUBLE_EQ(stroke_width(drawing({"....", "####", "...."})), 1);
  EXPECT_DOUBLE_EQ(stroke_width(drawing({"#...", ".#..", "..#.", "...#"})), 1);
  // The width at the corners is a diagonal run of one pixel.
  const double bar = (4 * diagonal + 6 * 2) / 10;
  EXPECT_DOUBLE_EQ(stroke_width(drawing({"#####", "#####", "....."})), bar);
  EXPECT_DOUBLE_EQ(stroke_width(drawing({".##.", ".##.", ".##.", ".##.", ".##."})), bar);
}

TEST(Statistics, CountsClasses) {
  const std::vector<uint8_t> labels = {2, 0, 2, 2};
  EXPECT_THAT(class_counts(labels, 4), ElementsAre(1, 0, 3, 0));
}

// Needs the real files, so it is skipped on a machine that has not fetched them.
TEST(Mnist, IsTheOneEverybodyKnows) {
  if (!std::filesystem::exists(default_root() / "mnist")) GTEST_SKIP() << "MNIST has not been fetched";
  const auto mnist = load_dataset("mnist");
  EXPECT_EQ(mnist.classes, 10);
  EXPECT_EQ(mnist.train.count, 60000);
  EXPECT_EQ(mnist.test.count, 10000);
  EXPECT_THAT(class_counts(mnist.train.labels, 10),
              ElementsAre(5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949));
  const auto statistics = normalised_statistics(mnist.train, DatasetSpec{});
  EXPECT_NEAR(statistics.min, -0.4242, 5e-5);
  EXPECT_NEAR(statistics.max, 2.8215, 5e-5);
  EXPECT_NEAR(statistics.mean, 0, 1e-3);
  const PixelStatistics plain = pixel_statistics(mnist.train.pixels);
  EXPECT_NEAR(plain.mean, find_dataset("mnist").mean->of_channel(0), 5e-5);
  EXPECT_NEAR(plain.std, find_dataset("mnist").std->of_channel(0), 5e-5);
  EXPECT_NEAR(stroke_width(mnist.train), find_dataset("mnist").stroke_width, 0.05);
  EXPECT_NEAR(statistics.std, 1, 1e-3);
}

}  // namespace
}  // namespace rung::data

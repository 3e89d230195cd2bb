// Pictures in class folders: which files belong to which class and split, the order of names, and what is
// refused.
#include <gmock/gmock.h>

#include "data/split_statistics.h"
#include "import/natural_order.h"
#include "import_testing.h"

namespace rung::imports {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

class Pictures : public ImportTest {
 protected:
  Pictures() {
    write_picture("mine/train/2/a.png", {20, 21});
    write_picture("mine/train/10/a.png", {100, 101});
    write_picture("mine/train/10/b.PNG", {102, 103});
    write_picture("mine/test/2/x.png", {22, 23});
  }
  std::string read(const std::string& name) const { return read_text_file(root() / name, 1 << 20); }
};

TEST(NaturalOrder, PutsNumbersByTheirValue) {
  std::vector<std::string> names = {"b", "10", "a10", "2", "a9", "", "02", "B", "a9b", "a"};
  std::ranges::sort(names, natural_less);
  EXPECT_THAT(names, ElementsAre("", "02", "2", "10", "B", "a", "a9", "a9b", "a10", "b"));
}

TEST_F(Pictures, BecomeADatasetWithNamesInNaturalOrder) {
  const data::Dataset data = imported({"mine"});
  EXPECT_THAT(data.class_names, ElementsAre("2", "10"));
  EXPECT_EQ(data.train.height, 1);
  EXPECT_EQ(data.train.width, 2);
  EXPECT_THAT(data.train.pixels, ElementsAre(20, 21, 100, 101, 102, 103));
  EXPECT_THAT(data.train.labels, ElementsAre(0, 1, 1));
  EXPECT_THAT(data.test.pixels, ElementsAre(22, 23));
  EXPECT_THAT(data.test.labels, ElementsAre(0));
  const auto description = data::read_description(options_.out);
  EXPECT_EQ(description->name, "out");
  EXPECT_EQ(description->channels, 1);
  const auto pixels = data::pixel_statistics(data.train.pixels);
  EXPECT_NEAR(description->mean.of_channel(0), pixels.mean, 1e-6);
  EXPECT_NEAR(description->std.of_channel(0), pixels.std, 1e-6);
}

TEST_F(Pictures, LeaveLitterOutAndSayIt) {
  write("mine/train/2/.DS_Store", "x");
  write_picture("mine/__MACOSX/train/3/a.png", {1});
  write_picture("mine/train/.hidden/a.png", {1});
  write("mine/README.txt", "x");
  const Imported result = import({"mine"});
  EXPECT_EQ(result.train_images, 3U);
  EXPECT_THAT(
      result.description.steps,
      ElementsAre("1 file is neither PNG nor JPEG by name and was left out: README.txt.",
                  "Hidden, foreign or a link, and left out: __MACOSX, train/.hidden, train/2/.DS_Store.",
                  HasSubstr("The labels were 2 to 10 without 3, 4, 5, 6, 7, 8, 9: they became 0 to 1")));
}

TEST_F(Pictures, LieInPartsByTheWordsOfTheirFolders) {
  write_picture("intel/seg_train/sea/a.png", {1, 200});
  write_picture("intel/seg_train/ice/a.png", {2, 200});
  write_picture("intel/seg_test/sea/a.png", {3, 200});
  const data::Dataset parts = imported({"intel"});
  EXPECT_THAT(parts.class_names, ElementsAre("ice", "sea"));
  EXPECT_THAT(parts.test.pixels, ElementsAre(3, 200));
  // A train is a vehicle.
  write_picture("vehicles/train/a.png", {1, 200});
  write_picture("vehicles/bus/a.png", {2, 200});
  write_picture("vehicles/bus/b.png", {3, 200});
  write_picture("vehicles/train/b.png", {4, 200});
  options_.test = 2;
  EXPECT_THAT(imported({"vehicles"}).class_names, ElementsAre("bus", "train"));
}

TEST_F(Pictures, BelowAClassFolderAreItsOwnUnlessAllClassesHaveTheSameFolders) {
  for (const char* path : {"mine/train/2/old/c.png", "mine/train/2/new/c.png"}) write_picture(path, {9, 200});
  EXPECT_THAT(import({"mine"}).description.steps,
              testing::Contains("2 pictures lie in folders below a class's folder and count as that class."));
  for (const char* path : {"one/cat/a.png", "one/dog/a.png", "two/cat/a.png", "two/dog/a.png"})
    write_picture(path, {9, 200});
  options_.test = data::Portion::of(0.5);
  EXPECT_THAT(
      error_of({"one", "two"}),
      HasSubstr("the folders one and two have the same folders in them: cat, dog | which are the classes?"));
}

TEST_F(Pictures, MayHaveOneLevelAndTestImagesDrawnFromEachClass) {
  for (int i = 0; i < 10; ++i) {
    write_picture("flat/rose/" + std::to_string(i) + ".png", {static_cast<uint8_t>(i)});
    write_picture("flat/lily/" + std::to_string(i) + ".png", {static_cast<uint8_t>(100 + i)});
  }
  EXPECT_THAT(error_of({"flat"}), HasSubstr("no test images | --test 0.2"));
  options_.test = data::Portion::of(0.2);
  const data::Dataset data = imported({"flat"});
  EXPECT_THAT(data.class_names, ElementsAre("lily", "rose"));
  EXPECT_EQ(data.train.count, 16);
  EXPECT_THAT(data.test.labels, ElementsAre(0, 0, 1, 1));
  const auto first = data.test.pixels;
  EXPECT_EQ(imported({"flat"}).test.pixels, first);
  options_.seed = 7;
  EXPECT_NE(imported({"flat"}).test.pixels, first);
  std::filesystem::remove_all(options_.out);
  EXPECT_THAT(error_of({"mine"}), HasSubstr("there are test images, and --test draws others"));
  options_.test = 20;
  EXPECT_THAT(error_of({"flat"}), HasSubstr("none is left to train on"));
  options_.test = 19;
  EXPECT_THAT(error_of({"flat"}), HasSubstr("--test takes them all"));
}

TEST_F(Pictures, OfAValidationFolderTrainOrTest) {
  write_picture("mine/val/2/v.png", {200, 201});
  EXPECT_THAT(imported({"mine"}).train.pixels, ElementsAre(20, 21, 100, 101, 102, 103, 200, 201));
  std::filesystem::remove_all(root() / "mine/test");
  const data::Dataset data = imported({"mine"});
  EXPECT_THAT(data.test.pixels, ElementsAre(200, 201));
  EXPECT_THAT(data::read_description(options_.out)->steps,
              Contains("The validation pictures became the test images."));
}

TEST_F(Pictures, AreRefusedOutsideClassFolders) {
  write_picture("mine/train/stray.png", {1, 2});
  EXPECT_EQ(
      error_of({"mine"}),
      "mine/train/stray.png is in no class folder of train or test | put each picture into a folder that is "
      "called after its class, or move it away");
}

TEST_F(Pictures, NeedTwoClassesWithPictures) {
  std::filesystem::create_directory(root() / "mine/train/4");
  EXPECT_THAT(error_of({"mine"}), HasSubstr("the folder train/4 holds no PNG or JPEG picture"));
  write("mine/train/4/notes.txt", "x");
  EXPECT_THAT(error_of({"mine"}), HasSubstr("the folder train/4 holds no PNG or JPEG picture"));
  write_picture("one/only/a.png", {1});
  EXPECT_THAT(error_of({"one"}), HasSubstr("all pictures are in one class folder, only"));
}

TEST_F(Pictures, OfATestedClassMustTrain) {
  write_picture("mine/test/3/x.png", {1, 2});
  EXPECT_THAT(error_of({"mine"}), HasSubstr("the class 3 has test images, but no training images"));
}

TEST_F(Pictures, OfAnotherSizeAreNamedOrResized) {
  write_picture("mine/train/10/a.png", {1, 2, 3});
  write_picture("mine/train/2/b.png", {1, 2, 3, 4});
  EXPECT_EQ(error_of({"mine"}),
            "the pictures differ in size: mine/test/2/x.png has 2 x 1 pixels, mine/train/2/b.png has 4 x 1 | "
            "--resize "
            "2x1 gives all of them one size");
  options_.resize = Size{.width = 1, .height = 2};
  const data::Dataset data = imported({"mine"});
  EXPECT_EQ(data.train.height, 2);
  EXPECT_EQ(data.train.width, 1);
  EXPECT_EQ(data.train.count, 4);
}

TEST_F(Pictures, CanBeInvertedTransposedAndChosen) {
  options_.invert = true;
  options_.transpose = true;
  options_.classes = {"10", "2"};
  const data::Dataset data = imported({"mine"});
  EXPECT_THAT(data.class_names, ElementsAre("10", "2"));
  EXPECT_THAT(data.train.labels, ElementsAre(1, 0, 0));
  EXPECT_EQ(data.train.height, 2);
  EXPECT_EQ(data.train.width, 1);
  EXPECT_THAT(data.train.pixels, ElementsAre(235, 234, 155, 154, 153, 152));
  std::filesystem::remove_all(options_.out);
  options_.classes = {"2", "1"};
  EXPECT_THAT(error_of({"mine"}), HasSubstr("there is no class 1"));
  options_.classes = {"2", "2"};
  EXPECT_THAT(error_of({"mine"}), HasSubstr("the class 2 is asked for twice"));
}

TEST_F(Pictures, SayWhatTheyWereConvertedFrom) {
  const auto golden = std::filesystem::path(RUNG_SOURCE_DIR) / "tests/golden/images";
  for (const char* name : {"deep.png", "orientation6.jpg"}) {
    std::filesystem::create_directories(root() / "mixed" / name);
    std::filesystem::copy_file(golden / name, root() / "mixed" / name / name);
  }
  write("mixed/deep.png/rgb.png", data::encode_png(data::Image{1, 1, {9, 8, 7}, 3}));
  options_.resize = Size{.width = 8, .height = 8};
  options_.test = 1;
  const auto steps = import({"mixed"}).description.steps;
  EXPECT_THAT(steps, AllOf(Contains(HasSubstr("1 of 3 pictures had 16 bits")),
                           Contains(HasSubstr("2 of 3 pictures are grey")),
                           Contains(HasSubstr("1 of 3 pictures were turned upright")),
                           Contains(HasSubstr("resized to 8 x 8"))));
}

// The first picture is grey, the second is not.
TEST_F(Pictures, StayInColourUnlessTheyAreToBeGrey) {
  write("mixed/a/1.png", data::encode_png(data::Image{1, 2, {5, 6}}));
  write("mixed/a/2.png", data::encode_png(data::Image{1, 2, {255, 0, 0, 0, 255, 0}, 3}));
  write("mixed/b/1.png", data::encode_png(data::Image{1, 2, {7, 7, 7, 8, 8, 8}, 3}));
  write("mixed/b/2.png", data::encode_png(data::Image{1, 2, {9, 9, 9, 8, 8, 8}, 3}));
  options_.test = 2;
  const data::Dataset colours = imported({"mixed"});
  EXPECT_EQ(colours.train.channels, 3);
  EXPECT_EQ(colours.test.channels, 3);
  const auto description = data::read_description(options_.out);
  EXPECT_EQ(description->channels, 3);
  EXPECT_EQ(description->mean.values().size(), 3U);
  EXPECT_THAT(description->steps, Contains("1 of 4 pictures are grey: their red, green and blue are equal."));
  std::vector<uint8_t> all = colours.train.pixels;
  all.insert(all.end(), colours.test.pixels.begin(), colours.test.pixels.end());
  EXPECT_THAT(std::vector<int>(all.begin(), all.end()), testing::IsSupersetOf({255, 0, 0, 255}));
  options_.grey = true;
  const data::Dataset grey = imported({"mixed"});
  EXPECT_EQ(grey.train.channels, 1);
  EXPECT_THAT(data::read_description(options_.out)->steps,
              Contains(HasSubstr("3 of 4 pictures were stored in colour and became grey")));
  std::filesystem::remove_all(root() / "mixed/a");
  write("mixed/a/1.png", data::encode_png(data::Image{1, 2, {5, 5, 5, 6, 6, 6}, 3}));
  write("mixed/a/2.png", data::encode_png(data::Image{1, 2, {4, 6}}));
  options_.grey = false;
  EXPECT_EQ(imported({"mixed"}).train.channels, 1);
  EXPECT_THAT(data::read_description(options_.out)->steps,
              Contains("The images were stored in colour, but all are grey: one channel was kept."));
}

TEST_F(Pictures, ThatAreDamagedAreNamed) {
  write("mine/train/2/c.png", "not a picture");
  EXPECT_THAT(error_of({"mine"}), HasSubstr("mine/train/2/c.png: neither a PNG nor a JPEG file"));
}

TEST_F(Pictures, GoOnlyIntoANewFolder) {
  std::filesystem::create_directory(root() / "out");
  EXPECT_THROW(import({"mine"}), UsageError);
  EXPECT_TRUE(std::filesystem::is_empty(root() / "out"));
  options_.out = root() / "a/b/c/";
  import({"mine"});
  EXPECT_TRUE(std::filesystem::exists(root() / "a/b/c/dataset.toml"));
}

TEST_F(Pictures, LeaveNothingBehindWhenInterrupted) {
  options_.sources = {root() / "mine"};
  ThreadPool pool(1);
  int calls = 0;
  const auto interrupt = [&](std::string_view what, uint64_t, uint64_t) {
    if (what == "written" && ++calls == 2) throw std::runtime_error("stop");
  };
  EXPECT_THROW(import_images(options_, {.pool = pool, .progress = interrupt}), std::runtime_error);
  EXPECT_EQ(calls, 2);
  for (const auto& entry : std::filesystem::directory_iterator(root()))
    EXPECT_EQ(entry.path().filename(), "mine");
}

TEST_F(Pictures, ThatAreMissingAreAnError) {
  EXPECT_THAT(error_of({"none"}), HasSubstr("there is no none"));
  std::filesystem::create_directory(root() / "empty");
  EXPECT_THAT(error_of({"empty"}), HasSubstr("empty holds no files"));
}

}  // namespace
}  // namespace rung::imports

// Labels: names, one-hot rows, files of one class each; arrays of one name in several folders and archives;
// classes that are renamed or become one.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "import_testing.h"
#include "npy_testing.h"

namespace rung::imports {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Labels : public ImportTest {
 protected:
  // Four images of a pixel, which train with these labels and test with 1 of each class.
  void write_train(const std::string& labels) const {
    write("a/x_train.npy", npy<uint8_t>("|u1", "(4, 1, 1)", {1, 2, 3, 4}));
    write("a/y_train.npy", labels);
  }
  void expect_classes(const std::string& labels, const std::vector<std::string>& classes,
                      const std::vector<uint8_t>& expected) {
    write_train(labels);
    write("a/x_test.npy", npy<uint8_t>("|u1", "(4, 1, 1)", {1, 2, 3, 4}));
    write("a/y_test.npy", labels);
    const data::Dataset data = imported({"a"});
    EXPECT_EQ(data.class_names, classes);
    EXPECT_EQ(data.train.labels, expected);
  }
  std::vector<std::string> steps() const { return data::read_description(options_.out)->steps; }
};

std::string utf32(const std::string& type, const std::vector<std::u32string>& texts, size_t length) {
  std::vector<char32_t> characters;
  for (std::u32string text : texts) {
    text.resize(length);
    characters.insert(characters.end(), text.begin(), text.end());
  }
  return npy<char32_t>(fmt::format("{}U{}", type, length), fmt::format("({},)", texts.size()), characters);
}

TEST_F(Labels, MayBeNames) {
  for (const char* order : {"<", ">"})
    expect_classes(utf32(order, {U"bee", U"\u00C4h 10", U"\u00C4h 9", U"\U0001F41D"}, 6),
                   {"bee", "\u00C4h 9", "\u00C4h 10", "\U0001F41D"}, {0, 2, 1, 3});
  expect_classes(npy_header("|S3", "(4, 1, 1)") + std::string("catab\0catab\0", 12), {"ab", "cat"},
                 {1, 0, 1, 0});
  EXPECT_THAT(steps(), IsEmpty());
}

TEST_F(Labels, ThatAreNoNamesAreRefused) {
  const auto error = [&](const std::string& labels) {
    write_train(labels);
    return error_of({"a"});
  };
  for (const char32_t odd : {char32_t{0xD800}, char32_t{0x110000}, char32_t{0xFFFFFFFF}})
    EXPECT_EQ(error(utf32("<", {U"a", U"b", {odd}, U"d"}, 2)),
              "a/y_train.npy: the label of image 2 is not text in Unicode | ");
  EXPECT_THAT(error(npy_header("|S1", "(4,)") + "ab\xFF" + "a"),
              HasSubstr("the label of image 2 is not text"));
  EXPECT_THAT(error(utf32("<", {U"a", U"", U"b", U"b"}, 1)), HasSubstr("the label of image 1 is empty"));
  EXPECT_THAT(error(utf32("<", {U"a", U"\n", U"b", U"b"}, 1)), HasSubstr("control character"));
  EXPECT_THAT(error(npy_header("<U1", "(4, 2)") + std::string(32, 'x')), HasSubstr("2 names for each image"));
  EXPECT_THAT(error(npy_header("<U1025", "(4,)")), HasSubstr("values of type <U1025"));
  EXPECT_THAT(error(npy_header("|S0", "(4,)")), HasSubstr("values of type |S0"));
  EXPECT_THAT(error(npy_header("|S4096", "(4,)") + "abc"), HasSubstr("the file ends before the 4 values"));
  write_train(npy<uint8_t>("|u1", "(4,)", {0, 1, 0, 1}));
  write("a/x_train.npy", npy_header("|S1", "(4, 1, 1)") + "abcd");
  EXPECT_THAT(error_of({"a"}), HasSubstr("images of text, of type |S1"));
}

TEST_F(Labels, MayBeOneHot) {
  expect_classes(npy<float>("<f4", "(4, 3)", {0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 1, 0}), {"0", "1", "2"},
                 {2, 0, 2, 1});
  EXPECT_THAT(steps(), ElementsAre("The labels were one-hot: the place of the 1, from 0 on, is the class."));
  expect_classes(npy<uint8_t>("|b1", "(4, 2)", {0, 1, 0, 1, 1, 0, 1, 0}, true), {"0", "1"}, {1, 0, 1, 0});
}

TEST_F(Labels, OfMoreClassesThanOneAreRefused) {
  const auto error = [&](const std::vector<float>& labels, bool fortran_order = false) {
    write_train(npy<float>("<f4", "(4, 2)", labels, fortran_order));
    return error_of({"a"});
  };
  EXPECT_EQ(error({0, 1, 1, 0, 1, 1, 0, 1}),
            "a/y_train.npy: the 2 labels of image 2 hold more than one 1 | images of one class each are "
            "supported: a number or a name for each, or a row of zeros with a 1 in the place of the class");
  EXPECT_THAT(error({0, 1, 0, 0, 1, 0, 0, 1}), HasSubstr("of image 1 hold no 1"));
  EXPECT_THAT(error({0, 1, 1, 0, 1, 0, 0, 0.5F}), HasSubstr("of image 3 hold 0.5, neither 0 nor 1"));
  EXPECT_THAT(error({0, 1, 1, 0, 1, 1, 0, 1}, true), HasSubstr("of image 1 hold more than one 1"));
}

TEST_F(Labels, AreTheFilesOfQuickDraw) {
  write("q/full_numpy_bitmap_cat.npy", npy<uint8_t>("|u1", "(3, 4)", {1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 7, 6}));
  write("q/train.npy", npy<uint8_t>("|u1", "(2, 4)", {9, 9, 9, 9, 0, 0, 0, 0}));  // (one of its classes)
  options_.test = 1;
  const data::Dataset data = imported({"q"});
  EXPECT_THAT(data.class_names, ElementsAre("cat", "train"));
  EXPECT_EQ(data.train.height, 2);
  EXPECT_EQ(data.train.count, 4);
  EXPECT_EQ(data.test.count, 1);
  options_.test = {};
  for (const char* part : {"train", "test"})
    for (const char* name : {"cat", "line"})
      write(fmt::format("p/{}/{}.npy", part, name),
            npy<uint8_t>("|u1", "(1, 1, 1)", {part[1] == 'r' ? uint8_t{1} : uint8_t{2}}));
  EXPECT_THAT(imported({"p"}).train.pixels, ElementsAre(1, 1));
  EXPECT_THAT(imported({"p"}).test.pixels, ElementsAre(2, 2));
  write("p/train/line.npy", npy<uint8_t>("|u1", "(1,)", {1}));
  EXPECT_THAT(error_of({"p"}), HasSubstr("no arrays have names such as x_train"));
}

TEST_F(Labels, OfOneNameBelongToTheirFolderOrArchive) {
  const auto part = [&](uint8_t pixel) {
    return archive_bytes({{"x.npy", npy<uint8_t>("|u1", "(2, 1, 1)", {pixel, 7})},
                          {"y.npy", npy<uint8_t>("|u1", "(2,)", {1, 0})}});
  };
  write("n/train.npz", part(1));
  write("n/test.npz", part(2));
  EXPECT_THAT(imported({"n"}).train.pixels, ElementsAre(1, 7));
  EXPECT_THAT(imported({"n"}).test.pixels, ElementsAre(2, 7));
  options_.images = "x";
  options_.labels = "y";
  EXPECT_THAT(imported({"n"}).test.pixels, ElementsAre(2, 7));
  options_.images = options_.labels = "";
  // In another archive, too, where the files have to be copied.
  write("n.zip", archive_bytes({{"set/train.npz", part(1)}, {"set/test.npz", part(2)}}));
  write("n.tar.gz", archive_bytes({{"set/train.npz", part(1)}, {"set/test.npz", part(2)}}, false));
  EXPECT_THAT(imported({"n.zip"}).test.pixels, ElementsAre(2, 7));
  EXPECT_THAT(imported({"n.tar.gz"}).train.pixels, ElementsAre(1, 7));
  write("n.zip", archive_bytes({{"set/train.npz", part(1).substr(0, 100)}}));
  EXPECT_THAT(error_of({"n.zip"}), HasSubstr("n.zip: set/train.npz: "));
  write("m/a.npz", part(1));
  write("m/b.npz", part(2));
  EXPECT_THAT(error_of({"m"}), HasSubstr("both a/x and b/x may be the same part"));
}

TEST_F(Labels, AreRenamedAndMerged) {
  const std::string names = npy_header("|S1", "(4,)") + "abAc";
  options_.map = {{"A", "a"}, {"c", "d"}};
  expect_classes(names, {"a", "b", "d"}, {0, 1, 0, 2});
  EXPECT_THAT(steps(), ElementsAre("The classes a, A became one, a.", "The class c became d."));
  options_.map = {{"a", "b"}, {"b", "a"}};  // at once
  expect_classes(names, {"A", "a", "b", "c"}, {2, 1, 0, 3});
  options_.map = {{"a", "new"}, {"b", "new"}};
  options_.classes = {"new", "c"};
  expect_classes(names, {"new", "c"}, {0, 0, 1});
  options_.classes = {};
  options_.map = {{"a", "x"}, {"b", "x"}, {"A", "x"}, {"c", "x"}};
  EXPECT_THAT(error_of({"a"}), HasSubstr("all images are of one class, x"));
  options_.map = {{"a", "x"}, {"a", "y"}};
  EXPECT_EQ(error_of({"a"}), "--map gives the class a two new names | ");
  options_.map = {{"bb", "x"}};
  EXPECT_EQ(error_of({"a"}), "there is no class bb; did you mean b? | the classes are a, b, A, c");
}

}  // namespace
}  // namespace rung::imports

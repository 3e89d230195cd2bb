// NumPy arrays: the header, byte orders and types, shapes and orders, how values become pixels, which arrays
// belong together.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <bit>
#include <cmath>
#include <limits>

#include "import/npy.h"
#include "import_testing.h"
#include "npy_testing.h"

namespace rung::imports {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;

class Arrays : public ImportTest {
 protected:
  // Two images of each of two classes, of 1 x 2 pixels; the second pair tests.
  void write_labels() const {
    write("a/y_train.npy", npy<int64_t>("<i8", "(2,)", {0, 1}));
    write("a/y_test.npy", npy<int64_t>("<i8", "(2,)", {1, 0}));
  }
  template <typename T>
  void write_images(const std::string& type, const std::vector<T>& train, const std::vector<T>& test) const {
    write_labels();
    write("a/x_train.npy", npy<T>(type, "(2, 1, 2)", train));
    write("a/x_test.npy", npy<T>(type, "(2, 1, 2)", test));
  }
};

TEST_F(Arrays, OfBytesAreTakenAsTheyAre) {
  write_images<uint8_t>("|u1", {0, 1, 2, 255}, {4, 5, 6, 7});
  const data::Dataset data = imported({"a"});
  EXPECT_THAT(data.train.pixels, ElementsAre(0, 1, 2, 255));
  EXPECT_THAT(data.train.labels, ElementsAre(0, 1));
  EXPECT_THAT(data.test.pixels, ElementsAre(4, 5, 6, 7));
  EXPECT_THAT(data.test.labels, ElementsAre(1, 0));
  EXPECT_THAT(data.class_names, ElementsAre("0", "1"));
}

TEST_F(Arrays, OfOtherTypesAreScaledByTheirRange) {
  const auto train_of = [&] { return imported({"a"}).train.pixels; };
  write_images<float>("<f4", {0, 0.5F, 1, 100 / 255.0F}, {1, 1, 1, 0});
  EXPECT_THAT(train_of(), ElementsAre(0, 128, 255, 100));
  write_images<double>(">f8", {0, 0.4, 254.5, 100}, {1, 1, 1, 200});
  EXPECT_THAT(train_of(), ElementsAre(0, 0, 255, 100));
  write_images<uint16_t>("<f2", {0, 0x3800, 0x3C00, 0x0001}, {0, 0, 0, 0});  // 0, 0.5, 1, 2^-24
  EXPECT_THAT(train_of(), ElementsAre(0, 128, 255, 0));
  write_images<uint16_t>(">u2", {0, 257, 65535, 128}, {0, 0, 0, 0});
  EXPECT_THAT(train_of(), ElementsAre(0, 1, 255, 0));
  write_images<uint16_t>("<u2", {0, 1, 2, 255}, {0, 0, 0, 0});
  EXPECT_THAT(train_of(), ElementsAre(0, 1, 2, 255));
  write_images<int32_t>(">i4", {0, 1, 2, 255}, {0, 0, 0, 0});
  EXPECT_THAT(train_of(), ElementsAre(0, 1, 2, 255));
  write_images<uint8_t>("|b1", {0, 1, 1, 0}, {0, 0, 0, 0});
  EXPECT_THAT(train_of(), ElementsAre(0, 255, 255, 0));
  EXPECT_THAT(data::read_description(options_.out)->steps, ElementsAre(HasSubstr("true became 255")));
}

TEST_F(Arrays, AreScaledAlikeOrRefused) {
  write_images<float>("<f4", {0, 0.5F, 1, 0.25F}, {0, 3, 255, 7});
  EXPECT_EQ(
      error_of({"a"}),
      "a/x_test.npy: the values are from 0 to 255, on another scale than those of a/x_train.npy | scale the "
      "arrays alike: all from 0 to 255, or all from 0 to 1");
  write("a/x_test.npy", npy<uint8_t>("|u1", "(2, 1, 2)", {0, 3, 255, 7}));
  EXPECT_THAT(error_of({"a"}), HasSubstr("on another scale"));
  write_images<double>("<f8", {0, 0.5, 1.0000002, 0.25}, {0, 1, 0.5, 1});
  EXPECT_THAT(error_of({"a"}), HasSubstr("from 0 to 1, a little beyond 1 | clip them to 1"));
  // Nothing is said by an array that is all black.
  write_images<float>("<f4", {0, 3, 255, 7}, {0, 0, 0, 0});
  EXPECT_THAT(imported({"a"}).train.pixels, ElementsAre(0, 3, 255, 7));
}

TEST_F(Arrays, OfIdxFilesAreKnownByTheirNames) {
  for (const char* names : {"Train-{}-IDX3-UBYTE", "train_{}.idx", "train-{}-ubyte"}) {
    std::filesystem::remove_all(root() / "i");
    write("i/" + fmt::format(fmt::runtime(names), "images"), data::idx_bytes({2, 1, 2}, {1, 2, 3, 255}));
    write("i/" + fmt::format(fmt::runtime(names), "labels"), data::idx_bytes({2}, {0, 1}));
    options_.test = 0;
    EXPECT_THAT(error_of({"i"}), HasSubstr("there are training images, but no test images")) << names;
  }
  write("i/train-images-ubyte", "\1\2\3\4");
  EXPECT_THAT(error_of({"i"}), HasSubstr("train-images-ubyte: byte 0: not an IDX file"));
}

TEST_F(Arrays, OfSmallNumbersAreSaidToBeDark) {
  write_images<uint8_t>("|u1", {0, 1, 1, 0}, {0, 1, 0, 1});
  EXPECT_THAT(import({"a"}).description.steps,
              ElementsAre("No pixel is more than 1: if that is white, import with --white 1."));
  std::filesystem::remove_all(options_.out);
  options_.white = 1;
  EXPECT_THAT(import({"a"}).description.steps, ElementsAre(HasSubstr("multiplied by 255 / 1")));
}

TEST_F(Arrays, AreNeverWrapped) {
  write_images<int16_t>("<i2", {0, -1, 2, 3}, {0, 0, 0, 0});
  EXPECT_EQ(error_of({"a"}),
            "a/x_train.npy: the values are from -1 to 3, below 0 | undo the normalisation: pixels are from 0 "
            "to 255, "
            "or from 0 to 1");
  write_images<int64_t>("<i8", {0, 1, 2, 3}, {0, 256, 0, 0});
  EXPECT_THAT(error_of({"a"}), HasSubstr("the values are from 0 to 256, beyond 255"));
  write_images<uint64_t>("<u8", {0, 1, 2, std::numeric_limits<uint64_t>::max()}, {0, 0, 0, 0});
  EXPECT_THAT(error_of({"a"}), HasSubstr("beyond 255"));
  for (const double odd : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    write_images<double>("<f8", {0, odd, 2, 3}, {0, 0, 0, 0});
    EXPECT_THAT(error_of({"a"}), HasSubstr("not finite"));
  }
}

TEST_F(Arrays, MayHaveChannelsAndFortranOrder) {
  write_labels();
  const auto train = [&](const std::string& bytes) {
    write("a/x_train.npy", bytes);
    return imported({"a"}).train.pixels;
  };
  write("a/x_test.npy", npy<uint8_t>("|u1", "(2, 2, 3)", std::vector<uint8_t>(12)));
  const std::vector<uint8_t> plain = {1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16};
  EXPECT_THAT(train(npy<uint8_t>("|u1", "(2, 2, 3, 1)", plain)), ElementsAreArray(plain));
  // Image, row, column: the first varies fastest.
  EXPECT_THAT(train(npy<uint8_t>("|u1", "(2, 2, 3)", {1, 11, 4, 14, 2, 12, 5, 15, 3, 13, 6, 16}, true)),
              ElementsAreArray(plain));
  write("a/x_test.npy", npy<uint8_t>("|u1", "(2, 3, 2)", std::vector<uint8_t>(12)));
  EXPECT_THAT(train(npy<uint8_t>("|u1", "(2, 1, 3, 2)", plain)), ElementsAreArray(plain));
  write("a/x_train.npy", npy<uint8_t>("|u1", "(2, 4, 2, 2)", std::vector<uint8_t>(32)));
  EXPECT_THAT(error_of({"a"}), HasSubstr("an array of shape (2, 4, 2, 2) is no list of images"));
  write("a/x_test.npy", npy<uint8_t>("|u1", "(2, 1, 2)", {0, 0, 0, 0}));
  const auto last = npy<uint8_t>("|u1", "(2, 1, 2, 3)", {255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9});
  const auto first = npy<uint8_t>("|u1", "(2, 3, 1, 2)", {255, 0, 0, 255, 0, 0, 0, 9, 0, 9, 255, 9});
  write("a/x_train.npy", last);
  EXPECT_THAT(error_of({"a"}), HasSubstr("images of 1 x 2 pixels and 1 channel, but those of"));
  write("a/x_test.npy", npy<uint8_t>("|u1", "(2, 1, 2, 3)", std::vector<uint8_t>(12)));
  const auto planes = {255, 0, 0, 255, 0, 0, 0, 9, 0, 9, 255, 9};
  EXPECT_THAT(train(last), ElementsAreArray(planes));
  EXPECT_THAT(train(first), ElementsAreArray(planes));
  options_.grey = true;
  EXPECT_THAT(train(first), ElementsAre(76, 150, 29, 9));
  EXPECT_THAT(data::read_description(options_.out)->steps,
              Contains(HasSubstr("were in colour and became grey")));
}

TEST_F(Arrays, OfRowsNeedASizeUnlessTheyAreSquares) {
  write_labels();
  write("a/x_train.npy", npy<uint8_t>("|u1", "(2, 4)", {1, 2, 3, 4, 5, 6, 7, 8}));
  write("a/x_test.npy", npy<uint8_t>("|u1", "(2, 4)", {1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(imported({"a"}).train.height, 2);
  options_.size = Size{.width = 4, .height = 1};
  EXPECT_EQ(imported({"a"}).train.height, 1);
  std::filesystem::remove_all(options_.out);
  options_.size = Size{.width = 3, .height = 1};
  EXPECT_THAT(error_of({"a"}), HasSubstr("say with --size WIDTHxHEIGHT"));
}

TEST_F(Arrays, BelongTogetherByTheirNames) {
  const auto images = [](uint8_t first) {
    return npy<uint8_t>("|u1", "(2, 1, 1)", {first, static_cast<uint8_t>(first + 1)});
  };
  const std::string labels = npy<uint8_t>("|u1", "(2, 1)", {1, 0});
  write("medmnist.npz", archive_bytes({{"train_images.npy", images(1)},
                                       {"train_labels.npy", labels},
                                       {"val_images.npy", images(3)},
                                       {"val_labels.npy", labels},
                                       {"test_images.npy", images(5)},
                                       {"test_labels.npy", labels}}));
  const data::Dataset data = imported({"medmnist.npz"});
  EXPECT_THAT(data.train.pixels, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(data.train.labels, ElementsAre(1, 0, 1, 0));
  EXPECT_THAT(data.test.pixels, ElementsAre(5, 6));
  EXPECT_THAT(data::read_description(options_.out)->steps,
              ElementsAre("The 2 validation images follow the training images."));
  for (const char* name : {"kmnist-train-imgs", "kmnist-test-imgs"})
    write(fmt::format("k/{}.npz", name), archive_bytes({{"arr_0.npy", images(7)}}));
  for (const char* name : {"kmnist-train-labels", "kmnist-test-labels"})
    write(fmt::format("k/{}.npz", name), archive_bytes({{"arr_0.npy", labels}}));
  EXPECT_THAT(imported({"k"}).train.pixels, ElementsAre(7, 8));
  EXPECT_THAT(imported({"k/kmnist-train-imgs.npz", "k/kmnist-test-imgs.npz", "k/kmnist-train-labels.npz",
                        "k/kmnist-test-labels.npz"})
                  .test.pixels,
              ElementsAre(7, 8));

  std::filesystem::remove_all(options_.out);
  write("own.npz", archive_bytes({{"a.npy", npy<uint8_t>("|u1", "(4, 1, 1)", {1, 2, 3, 4})},
                                  {"b.npy", npy<int8_t>("|i1", "(4,)", {-1, -1, 5, 5})}}));
  EXPECT_THAT(error_of({"own.npz"}), HasSubstr("--images NAME --labels NAME; there are a (4, 1, 1), b (4,)"));
  options_.images = "a";
  EXPECT_THAT(error_of({"own.npz"}), HasSubstr("--images and --labels belong together"));
  options_.labels = "c";
  EXPECT_THAT(error_of({"own.npz"}), HasSubstr("there is no array c | there are a"));
  options_.labels = "b";
  EXPECT_THAT(error_of({"own.npz"}), HasSubstr("--test 0.2"));
  options_.test = 2;
  EXPECT_THAT(imported({"own.npz"}).class_names, ElementsAre("-1", "5"));
}

TEST_F(Arrays, WithWrongLabelsAreRefused) {
  write_images<uint8_t>("|u1", {0, 1, 2, 255}, {4, 5, 6, 7});
  write("a/y_train.npy", npy<double>("<f8", "(2,)", {0, 0.5}));
  EXPECT_THAT(error_of({"a"}), HasSubstr("a/y_train.npy: label 0.5 of image 1 is no number of a class"));
  write("a/y_train.npy", npy<uint8_t>("|u1", "(2, 1, 2)", {0, 1, 0, 1}));
  EXPECT_THAT(error_of({"a"}), HasSubstr("labels of shape (2, 1, 2), not (count,)"));
  write("a/y_train.npy", npy<uint8_t>("|u1", "(3,)", {0, 1, 1}));
  EXPECT_THAT(error_of({"a"}), HasSubstr("3 labels, but a/x_train.npy has 2 images"));
  std::filesystem::remove(root() / "a/y_train.npy");
  EXPECT_THAT(error_of({"a"}), HasSubstr("no array has the labels of x_train"));
}

TEST_F(Arrays, ThatAreCutOffAreRefused) {
  write_images<uint8_t>("|u1", {0, 1, 2, 255}, {4, 5, 6, 7});
  const std::string whole = read_text_file(root() / "a/x_train.npy", 1 << 20);
  for (size_t length = 0; length < whole.size(); length += length < whole.size() - 5 ? 7 : 1) {
    write("a/x_train.npy", whole.substr(0, length));
    EXPECT_THAT(error_of({"a"}), HasSubstr("a/x_train.npy: byte ")) << length;
  }
  write("a/x_train.npy", whole + "x");
  EXPECT_THAT(error_of({"a"}), HasSubstr("more follows the 4 values of its shape (2, 1, 2)"));
}

TEST(Npy, RefusesOtherHeaders) {
  const auto error_of = [](const std::string& dict) {
    try {
      const std::string bytes = npy_header(dict);
      parse_npy_header(std::as_bytes(std::span(bytes)), "a.npy");
    } catch (const DataError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(error_of("{'descr':'|u1','fortran_order':False,'shape':()}"), "");
  EXPECT_EQ(error_of("{\"shape\": (2L, 3L), \"fortran_order\": True, \"descr\": \">f8\"}"), "");
  EXPECT_THAT(error_of("{'descr': '|O', 'fortran_order': False, 'shape': (2,), }"),
              HasSubstr("not unpickled"));
  EXPECT_THAT(error_of("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }"),
              HasSubstr("only plain arrays of numbers"));
  for (const char* type : {"<U", "<U5x", "<c8", "<f16", "u1", "|V4", "<M8", "<i3", ""})
    EXPECT_THAT(error_of(fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': (2,), }}", type)),
                HasSubstr("integers, floats, bool and text are read"))
        << type;
  EXPECT_THAT(error_of("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 0), }"),
              HasSubstr("holds nothing"));
  EXPECT_THAT(error_of("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 99999999999), }"),
              HasSubstr("too large"));
  EXPECT_THAT(error_of("{'descr': '<f4', 'fortran_order': False}"), HasSubstr("lacks"));
  EXPECT_THAT(error_of("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'more': 'x'}"),
              HasSubstr("not known"));
  EXPECT_THAT(error_of("{'descr': '<f4' 'fortran_order': False}"), HasSubstr("expected ','"));
  EXPECT_THAT(error_of("{'descr': '<f4', 'fortran_order': 1, 'shape': (2,)}"), HasSubstr("True or False"));
  EXPECT_THAT(error_of(""), HasSubstr("expected '{'"));
}

}  // namespace
}  // namespace rung::imports

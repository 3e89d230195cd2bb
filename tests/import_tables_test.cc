// Tables of pixels: how label column, header and sides are found, what is refused, with line and column.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "import/csv.h"
#include "import_testing.h"

namespace rung::imports {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;

using Tables = ImportTest;

const std::string kHeader = "label,pixel1,pixel2,pixel3,pixel4\n";

TEST_F(Tables, OfTrainingAndTestImages) {
  write("t/sign_test.csv", kHeader + "3,9,8,7,6\r\n");
  write("t/sign_train.csv", kHeader + "0,1,2,3,4\n3,5,6,7,255\n");
  for (const auto& sources : {std::vector<std::string>{"t"}, {"t/sign_train.csv", "t/sign_test.csv"}}) {
    const data::Dataset data = imported(sources);
    EXPECT_EQ(data.train.height, 2);
    EXPECT_THAT(data.train.pixels, ElementsAre(1, 2, 3, 4, 5, 6, 7, 255));
    EXPECT_THAT(data.train.labels, ElementsAre(0, 1));
    EXPECT_THAT(data.test.pixels, ElementsAre(9, 8, 7, 6));
    EXPECT_THAT(data.test.labels, ElementsAre(1));
    EXPECT_THAT(data.class_names, ElementsAre("0", "3"));
    EXPECT_THAT(data::read_description(options_.out)->steps, ElementsAre(HasSubstr("0 to 3 without 1, 2")));
  }
  write("t/sign_test.csv", "pixel1,pixel2,pixel3,pixel4\n1,2,3,4\n");
  EXPECT_THAT(error_of({"t"}), HasSubstr("no column is called label"));
}

TEST_F(Tables, WithOtherSeparatorsQuotesAndTextLabels) {
  options_.test = 1;
  write("a.csv",
        "\xEF\xBB\xBFp1;p2;p3;p4;Character\n1;2;3;4;\"ka, 1\"\n\n\"5\";6.0; 7;8; kha \n9;9;9;9;kha\n");
  data::Dataset data = imported({"a.csv"});
  EXPECT_THAT(data.class_names, ElementsAre("ka, 1", "kha"));
  EXPECT_THAT(data.train.pixels, ElementsAre(1, 2, 3, 4, 9, 9, 9, 9));
  EXPECT_THAT(data.test.pixels, ElementsAre(5, 6, 7, 8));
  // Without a header the text has the labels, or else the first column.
  write("a.csv", "1,2,3,4,ka\n5,6,7,8,kha\n9,9,9,9,kha\n");
  EXPECT_EQ(imported({"a.csv"}).class_names, (std::vector<std::string>{"ka", "kha"}));
  write("a.csv", "7,1,2,3,4\n1,5,6,7,8\n1,0,0,0,0");
  data = imported({"a.csv"});
  EXPECT_THAT(data.class_names, ElementsAre("1", "7"));
  EXPECT_THAT(data::read_description(options_.out)->steps[0],
              HasSubstr("its first column was taken for the labels"));
}

TEST_F(Tables, WithTheColumnsAndSizeThatAreAskedFor) {
  options_.test = 1;
  write("a.csv", "kind,one,two,three\n4,1,2,3\n5,4,5,6\n5,1,1,1\n");
  EXPECT_THAT(error_of({"a.csv"}), HasSubstr("no column is called label; the first is kind, the last three"));
  options_.label_column = "two";
  EXPECT_THAT(error_of({"a.csv"}), HasSubstr("3 pixels in a row are not a square | --size"));
  options_.size = Size{.width = 3, .height = 1};
  options_.test = 0;
  options_.classes = {"2", "5"};
  EXPECT_THAT(error_of({"a.csv"}), HasSubstr("--test 0.2"));
  options_.classes = {};
  options_.test = 1;
  options_.label_column = "1";
  const data::Dataset data = imported({"a.csv"});
  EXPECT_EQ(data.train.width, 3);
  EXPECT_THAT(data.class_names, ElementsAre("4", "5"));
  options_.label_column = "5";
  EXPECT_THAT(error_of({"a.csv"}), HasSubstr("there is no column 5 | --label-column takes a name"));
  options_.size = Size{.width = 2, .height = 2};
  options_.label_column = "kind";
  EXPECT_THAT(error_of({"a.csv"}), HasSubstr("3 pixels in a row are not 2 x 2"));
}

TEST_F(Tables, NameLineAndColumnOfWhatIsWrong) {
  options_.test = 1;
  const auto error_in = [&](const std::string& line) {
    write("a.csv", kHeader + "0,1,2,3,4\n" + line + "\n1,5,6,7,8\n");
    return error_of({"a.csv"});
  };
  EXPECT_EQ(error_in("1,2,3,4"), "a.csv: line 3: 4 columns instead of 5 | ");
  EXPECT_EQ(error_in("1,2,3,4,5,6,7"), "a.csv: line 3: 7 columns instead of 5 | ");
  EXPECT_EQ(error_in("1,2,256,4,5"),
            "a.csv: line 3, column 3 (pixel2): 256 is no whole number from 0 to 255 | ");
  for (const char* wrong : {"-1", "2.5", "x", "99999", "1e3", "nan", "2 3"})
    EXPECT_EQ(error_in(fmt::format("1,2,{},4,5", wrong)),
              fmt::format("a.csv: line 3, column 3 (pixel2): {} is no whole number from 0 to 255 | ", wrong));
  EXPECT_THAT(error_in("1,0.5,1,4,5"),
              HasSubstr("0.5 is no whole number from 0 to 255 | pixels in tables are not"));
  EXPECT_THAT(error_in("1,2,,4,5"), HasSubstr("column 3 (pixel2): nothing is no whole number"));
  EXPECT_THAT(error_in(",1,2,4,5"), HasSubstr("line 3, column 1 (label): the label is missing"));
  EXPECT_THAT(error_in("\"1,2,3,4"), HasSubstr("line 3: 1 column instead of 5"));
  write("a.csv", "p1,p2\n1,2,3,text\n");
  EXPECT_THAT(error_of({"a.csv"}), HasSubstr("no column is called label"));
  write("a.csv", kHeader);
  EXPECT_THAT(error_of({"a.csv"}), HasSubstr("the table has no rows"));
  write("a.csv", "0,1,2,3,7\n0,5,6,7,8\n0,9,9,9,7\n");
  EXPECT_EQ(error_of({"a.csv"}),
            "a.csv: all labels, which are in column 1, are 0 | --label-column NAME or its number says which "
            "column has "
            "the labels");
  write("a.csv", "");
  EXPECT_THAT(error_of({"a.csv"}), HasSubstr("a.csv: "));
  write("b.csv", kHeader + "0,1,2,3,4\n");
  write("a.csv", kHeader + "0,1,2,3,4\n");
  EXPECT_THAT(error_of({"a.csv", "b.csv"}), HasSubstr("2 tables, of which 0 say `test`"));
}

TEST_F(Tables, AreTheSameInManyPiecesAndCompressed) {
  std::string table = kHeader;
  std::vector<uint8_t> pixels;
  std::vector<uint8_t> labels;
  constexpr int kRows = 700'000;  // more bytes than a piece
  for (int row = 0; row < kRows; ++row) {
    const auto value = static_cast<uint8_t>(row * 7 + row / 251);
    table += fmt::format("{},{},{},0,{}\n", row % 3, value, row % 256, row % 199);
    if (row >= kRows - 3) continue;
    pixels.insert(pixels.end(), {value, static_cast<uint8_t>(row % 256), 0, static_cast<uint8_t>(row % 199)});
    labels.push_back(static_cast<uint8_t>(row % 3));
  }
  options_.test = 3;
  const auto bytes = std::as_bytes(std::span(table));
  write("a.csv.gz", data::gzip_bytes({bytes.begin(), bytes.end()}));
  write("a.csv", table);
  const data::Dataset plain = imported({"a.csv"});
  EXPECT_EQ(plain.train.count, kRows - 3);
  const data::Dataset packed = imported({"a.csv.gz"});
  EXPECT_EQ(packed.train.pixels, plain.train.pixels);
  EXPECT_EQ(packed.test.pixels, plain.test.pixels);
  write("t/train.csv", table);
  write("t/test.csv", kHeader + "0,1,2,3,4\n");
  options_.test = 0;
  const data::Dataset all = imported({"t"});
  EXPECT_EQ(std::vector(all.train.pixels.begin(), all.train.pixels.end() - 12), pixels);
  EXPECT_EQ(std::vector(all.train.labels.begin(), all.train.labels.end() - 3), labels);
  write("t/train.csv", table + "0,1\n1,2,3,4\n");
  EXPECT_EQ(error_of({"t"}), fmt::format("t/train.csv: line {}: 2 columns instead of 5 | ", kRows + 2));
}

TEST(Csv, CountsRowsAndReadsLabels) {
  EXPECT_EQ(count_rows(""), 0U);
  EXPECT_EQ(count_rows("a"), 1U);
  EXPECT_EQ(count_rows("a\n\r\n \nb\n"), 2U);
  EXPECT_EQ(label_text(" 7.0"), "7");
  EXPECT_EQ(label_text("\"07\""), "7");
  EXPECT_EQ(label_text("1e99"), "1e99");
  EXPECT_EQ(label_text(" a b "), "a b");
}

}  // namespace
}  // namespace rung::imports

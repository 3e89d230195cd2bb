// Other names for the classes, another order, and another largest value.
#include <gmock/gmock.h>

#include "import_testing.h"

namespace rung::imports {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using Names = ImportTest;

TEST_F(Names, AreGivenInTheOrderOfTheClasses) {
  write("train.csv", "label,p\n1,0\n2,4\n10,8\n10,16\n");
  write("test.csv", "label,p\n2,16\n");
  options_.classes = {"10", "1", "2"};  // SVHN's 10 is the digit 0
  options_.names = {"0", "1", "2"};
  options_.white = 16;
  const data::Dataset data = imported({"train.csv", "test.csv"});
  EXPECT_THAT(data.train.labels, ElementsAre(1, 2, 0, 0));
  EXPECT_THAT(data.class_names, ElementsAre("0", "1", "2"));
  EXPECT_THAT(data.train.pixels, ElementsAre(0, 64, 128, 255));
  EXPECT_THAT(data::read_description(options_.out)->steps,
              ElementsAre("The classes were put into this order: 10, 1, 2.",
                          "The classes 10, 1, 2 were called 0, 1, 2.",
                          "Pixels were from 0 to 16: they were multiplied by 255 / 16 and rounded."));
}

TEST_F(Names, MustFit) {
  write("train.csv", "label,p\n1,0\n2,4\n");
  write("test.csv", "label,p\n2,16\n");
  options_.names = {"a"};
  EXPECT_THAT(error_of({"train.csv", "test.csv"}), HasSubstr("there are 2 classes, not 1"));
  options_.names = {};
  options_.white = 15;
  EXPECT_THAT(error_of({"train.csv", "test.csv"}),
              HasSubstr("a pixel has the value 16, which is more than the 15 of --white"));
}

TEST_F(Names, OfTheSourcesCanBeOthersThanTheirPaths) {
  write("train.csv", "label,p\n1,0\n2,4\n");
  write("test.csv", "label,p\n2,16\n");
  options_.origins = {"https://example.org/set"};
  imported({"train.csv", "test.csv"});
  EXPECT_THAT(data::read_description(options_.out)->sources, ElementsAre("https://example.org/set"));
}

}  // namespace
}  // namespace rung::imports

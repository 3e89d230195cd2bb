// TensorBoard events: checksums and frames against the test vectors of their specifications, and the
// pictures. cli/train/events.sh reads whole files back with an independent reader.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "base/crc32c.h"
#include "base/file.h"
#include "data_test_files.h"
#include "report/event_images.h"
#include "report/event_log.h"
#include "report/prediction_quality.h"
#include "report/record_file.h"
#include "short_run.h"

namespace rung::report {
namespace {

using namespace std::string_literals;

std::string counting(char first, int step) {
  std::string bytes;
  for (int i = 0; i < 32; ++i) bytes += static_cast<char>(first + i * step);
  return bytes;
}

// RFC 3720, appendix B.4, and the check value of the CRC catalogues.
TEST(Crc32c, TestVectors) {
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AA);
  EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43);
  EXPECT_EQ(crc32c(counting(0, 1)), 0x46DD794E);
  EXPECT_EQ(crc32c(counting(31, -1)), 0x113FDB5C);
  EXPECT_EQ(
      crc32c(
          "\x01\xC0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x14\0\0\0\0\0\x04\0\0\0\0\x14\0\0\0\x18\x28\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0"s),
      0xD9963A56);
  EXPECT_EQ(crc32c("123456789"), 0xE3069283);
  EXPECT_EQ(crc32c(""), 0);
}

TEST(RecordFile, FramesRecords) {
  EXPECT_EQ(masked_crc32c("123456789"), ((0xE3069283 >> 15) | (0xE3069283 << 17)) + 0xA282EAD8);
  const std::string frame = framed("abc");
  ASSERT_EQ(frame.size(), 8 + 4 + 3 + 4U);
  EXPECT_EQ(frame.substr(0, 8), "\3\0\0\0\0\0\0\0"s);
  EXPECT_EQ(frame.substr(12, 3), "abc");
}

// Trains the short run from its beginning and returns the weights' hash. The first `unlogged` epochs leave no
// event.
std::string train_short_run(const std::filesystem::path& folder, int unlogged) {
  ThreadPool pool(2);
  train::Trainer trainer(testing::short_run(), testing::discs(), pool);
  EventLog events(folder);
  for (int epoch = 1; epoch <= testing::kEpochs; ++epoch) {
    trainer.train_epoch();
    const auto test = trainer.evaluate(testing::discs().test);
    if (epoch > unlogged)
      events.add_epoch({epoch, 0.1, 1, 90, 1, 90, 1, 1, ""}, test, trainer, testing::discs());
  }
  return nn::weights_sha256(trainer.weights());
}

TEST(EventLog, ChangesNoBitOfTheTraining) {
  const data::TemporaryFolder folder;
  EXPECT_EQ(train_short_run(folder.path(), 0), train_short_run(folder.path(), testing::kEpochs));
}

TEST(EventLog, GoesOnInAFileOfItsOwnAndRemovesOnlyWhatItReplaces) {
  const data::TemporaryFolder folder;
  for (const char* name : {"000001", "000002", "000007", "1700000000.host", "000007.old"})
    replace_file(folder.path() / ("events.out.tfevents."s + name), "old");
  train_short_run(folder.path(), 1);
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    names.insert(entry.path().extension());
  EXPECT_EQ(names, (std::set<std::string>{".000001", ".000002", ".host", ".old"}));
  const std::string file = read_text_file(folder.path() / "events.out.tfevents.000002", 1 << 20);
  EXPECT_GT(file.size(), 1000U);
  EXPECT_EQ(read_text_file(folder.path() / "events.out.tfevents.000001", 9), "old");
}

int count_pixels(const data::Image& image, int row, int column, int side, bool (*is)(const uint8_t*)) {
  int count = 0;
  for (int y = row * side; y < (row + 1) * side; ++y) {
    for (int x = column * side; x < (column + 1) * side; ++x)
      count += is(&image.pixels[3 * static_cast<size_t>(y * image.width + x)]);
  }
  return count;
}

TEST(EventImages, ConfusionIsBlueWhereRightAndRedWhereWrong) {
  const std::vector<uint8_t> labels{0, 0, 0, 1, 2};
  const std::vector<uint8_t> predicted{0, 0, 1, 1, 1};
  const std::vector<size_t> classes{0, 1, 2};
  const data::Image image = confusion_picture(confusion(labels, predicted, 3), classes);
  const int side = image.width / 4;
  const auto blue = [](const uint8_t* rgb) { return rgb[2] > rgb[0] + 20; };
  const auto red = [](const uint8_t* rgb) { return rgb[0] > rgb[2] + 20; };
  const auto white = [](const uint8_t* rgb) { return rgb[0] == 255 && rgb[1] == 255 && rgb[2] == 255; };
  EXPECT_GT(count_pixels(image, 1, 1, side, blue), side * side / 2);
  EXPECT_GT(count_pixels(image, 1, 2, side, red), side * side / 2);
  EXPECT_GT(count_pixels(image, 2, 2, side, blue), side * side / 2);
  EXPECT_GT(count_pixels(image, 3, 2, side, red), side * side / 2);
  EXPECT_EQ(count_pixels(image, 1, 3, side, white), side * side);
  EXPECT_EQ(count_pixels(image, 2, 1, side, white), side * side);
  EXPECT_EQ(count_pixels(image, 0, 0, side, white), side * side);
}

data::Image diagonal_of(size_t classes) {
  std::vector<std::vector<int>> counts(classes, std::vector<int>(classes));
  std::vector<size_t> all;
  for (size_t k = 0; k < classes; ++k) {
    counts[k][k] = 1;
    all.push_back(k);
  }
  return confusion_picture(counts, all);
}

TEST(EventImages, ConfusionOfManyClassesStaysSmallAndIsNumbered) {
  const auto grey = [](const uint8_t* rgb) { return rgb[0] == rgb[1] && rgb[1] == rgb[2] && rgb[0] < 200; };
  for (const size_t classes : {size_t{1}, size_t{21}, size_t{62}, size_t{256}}) {
    const data::Image image = diagonal_of(classes);
    EXPECT_LE(image.width, 760) << classes;
    EXPECT_EQ(image.height, image.width);
    EXPECT_GT(count_pixels(image, 0, 1, 28, grey), 10) << classes;  // in the upper edge
    EXPECT_GT(count_pixels(image, 1, 0, 28, grey), 10) << classes;  // in the left one
  }
}

data::Split digits(int count, int side) {
  return {.count = count,
          .height = side,
          .width = side,
          .pixels = std::vector<uint8_t>(static_cast<size_t>(count * side * side), 90),
          .labels = std::vector<uint8_t>(static_cast<size_t>(count), 3)};
}

TEST(EventImages, MistakesAreShownAsManyAsThereIsRoomFor) {
  EXPECT_FALSE(mistakes_picture(digits(5, 28), std::vector<uint8_t>(5, 3)));
  EXPECT_FALSE(mistakes_picture(digits(5, 300), std::vector<uint8_t>(5, 4)));
  const auto one = mistakes_picture(digits(1, 28), std::vector<uint8_t>(1, 4));
  const auto many = mistakes_picture(digits(100, 28), std::vector<uint8_t>(100, 4));
  ASSERT_TRUE(one && many);
  EXPECT_EQ(many->width, one->width);
  EXPECT_EQ(many->height - one->height, 4 * (one->height - 4));  // five rows of eight
  const auto inked = std::count(one->pixels.begin(), one->pixels.end(), 90);
  EXPECT_EQ(inked, 56 * 56);
  EXPECT_GT(std::count(one->pixels.begin(), one->pixels.end(), 0), 20);  // "3>4"
  // A caption wider than its image stays in its cell, the first of eight in the row.
  data::Split narrow = digits(1, 1);
  narrow.height = 40;
  narrow.pixels.assign(40, 90);
  narrow.labels = {103};
  const auto captioned = mistakes_picture(narrow, std::vector<uint8_t>(1, 200));
  ASSERT_TRUE(captioned);
  const int cell = captioned->width / 8;
  for (int row = 0; row < captioned->height; ++row) {
    for (int column = cell + 4; column < captioned->width; ++column)
      ASSERT_NE(captioned->pixels[static_cast<size_t>(row * captioned->width + column)], 0) << column;
  }
}

}  // namespace
}  // namespace rung::report

#include "base/channel_values.h"

#include <gmock/gmock.h>

#include <array>

namespace rung {
namespace {

using testing::ElementsAre;

const ChannelValues kColours(std::array{0.4914, 0.4822, 1 / 3.0});

TEST(ChannelValues, AreOneForAllOrOneForEach) {
  const ChannelValues one = 0.5;
  EXPECT_EQ(one.of_channel(2), 0.5);
  EXPECT_THAT(one.values(), ElementsAre(0.5));
  EXPECT_EQ(kColours.of_channel(1), 0.4822);
  EXPECT_NE(one, ChannelValues(std::array{0.5, 0.5, 0.5}));
}

TEST(ChannelValues, AreChangedEachByItself) {
  EXPECT_THAT(kColours.map([](double value) { return value > 0.4 ? 1.0 : 0.0; }).values(),
              ElementsAre(1, 1, 0));
  EXPECT_THAT(ChannelValues(2).map([](double value) { return value * value; }).values(), ElementsAre(4));
  EXPECT_DOUBLE_EQ(kColours.mean(), (0.4914 + 0.4822 + 1 / 3.0) / 3);
  EXPECT_EQ(ChannelValues(0.25).mean(), 0.25);
}

TEST(ChannelValues, AsText) {
  EXPECT_EQ(to_text(0.1307), "0.1307");
  EXPECT_EQ(to_text(kColours), "[0.4914, 0.4822, 0.3333333333333333]");
  EXPECT_EQ(to_text(kColours, "{:.2f}"), "[0.49, 0.48, 0.33]");
}

}  // namespace
}  // namespace rung

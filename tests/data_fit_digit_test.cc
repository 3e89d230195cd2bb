// Digits on paper, drawn so that the right answer is known: where the digit is in the result, how large, and
// what is taken for it.
#include "data/fit_digit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "data/regions.h"
#include "data/relief.h"

namespace rung::data {
namespace {

constexpr int kSide = 140;
constexpr int kDark = 60;
constexpr int kLight = 200;

// An image of side x side whose pixels are value(row, column).
Image drawn(const std::function<double(int, int)>& value, int side = kSide) {
  Image image{.height = side, .width = side, .pixels = {}};
  for (int row = 0; row < side; ++row)
    for (int column = 0; column < side; ++column)
      image.pixels.push_back(static_cast<uint8_t>(std::lround(value(row, column))));
  return image;
}

// A bar of 40 x 10 pixels with its upper left corner at (row, column).
bool in_bar(int row, int column, int top, int left) {
  return row >= top && row < top + 40 && column >= left && column < left + 10;
}

Image bar(int top, int left, int ink, int paper) {
  return drawn([=](int row, int column) { return in_bar(row, column, top, left) ? ink : paper; });
}

// Light falls off from the upper left corner: by 60 levels across, by 40 down, and by another 30 to the
// edges.
double uneven(int row, int column) {
  const double x = 2.0 * column / kSide - 1;
  const double y = 2.0 * row / kSide - 1;
  return 180 - 30 * x - 20 * y - 15 * (x * x + y * y);
}

// The digit is 20 high and 5 wide, fully light, and its middle lies at pixel (14, 14): rows 4 to 23 (or 5 to
// 24, because (4 + 23) / 2 is half a pixel off) and columns 12 to 16.
void expect_bar(const std::optional<Image>& fitted) {
  ASSERT_TRUE(fitted.has_value());
  ASSERT_EQ(fitted->pixels.size(), 28U * 28U);
  for (int row = 0; row < 28; ++row) {
    for (int column = 0; column < 28; ++column) {
      if (row == 4 || row == 24) continue;
      const bool inside = row > 4 && row < 24 && column >= 12 && column <= 16;
      EXPECT_NEAR(fitted->pixels[static_cast<size_t>(row * 28 + column)], inside ? 255 : 0, 20)
          << row << ", " << column;
    }
  }
}

TEST(FitDigit, ScalesTo20AndCentresTheMass) {
  for (const auto& [top, left] : {std::pair{50, 65}, {4, 4}, {90, 120}})
    expect_bar(fit_digit(bar(top, left, kDark, kLight), Ink::kEither, 28, 28));
}

TEST(FitDigit, TakesLightInkToo) {
  expect_bar(fit_digit(bar(50, 65, kLight, kDark), Ink::kEither, 28, 28));
  expect_bar(fit_digit(bar(50, 65, kLight, kDark), Ink::kLight, 28, 28));
  EXPECT_FALSE(fit_digit(bar(50, 65, kLight, kDark), Ink::kDark, 28, 28).has_value());
  EXPECT_FALSE(fit_digit(bar(50, 65, kDark, kLight), Ink::kLight, 28, 28).has_value());
}

TEST(FitDigit, IgnoresUnevenLight) {
  expect_bar(fit_digit(
      drawn([](int row, int column) { return uneven(row, column) - (in_bar(row, column, 90, 20) ? 80 : 0); }),
      Ink::kEither, 28, 28));
}

// Where the paper ends on the right and below, darker or lighter than ink is; and a speck.
TEST(FitDigit, IgnoresWhatLiesBesideThePaperAndSpecks) {
  for (const int table : {30, 100, 250}) {
    expect_bar(fit_digit(drawn([=](int row, int column) {
                           if (column + row / 6 > 130 || row - column / 6 > 125) return table;
                           if (row / 3 == 30 && column / 3 == 5) return kDark;
                           return in_bar(row, column, 40, 50) ? kDark : kLight;
                         }),
                         Ink::kEither, 28, 28));
  }
}

TEST(FitDigit, TakesInkAtTheBorderIfThereIsNoOtherButSpecks) {
  expect_bar(fit_digit(bar(100, 130, kDark, kLight), Ink::kEither, 28, 28));
  expect_bar(fit_digit(drawn([](int row, int column) {
                         const bool speck = row >= 60 && row < 66 && column >= 90 && column < 96;
                         return speck || (column >= 20 && column < 55) ? kDark : kLight;
                       }),
                       Ink::kEither, 28, 28));
}

// A 5 of two parts: 40 x 10 and, apart from it, 10 x 20.
TEST(FitDigit, KeepsTheParts) {
  const auto fitted = fit_digit(drawn([](int row, int column) {
                                  const bool apart = row >= 40 && row < 50 && column >= 65 && column < 85;
                                  return in_bar(row, column, 40, 50) || apart ? kDark : kLight;
                                }),
                                Ink::kEither, 28, 28);
  ASSERT_TRUE(fitted.has_value());
  // Half the scale, so 20 x 5 and 5 x 10 of columns 0 to 17. Centre: (100 * 2.5 + 50 * 13) / 150 = 6 of 18.
  const auto at = [&](int row, int column) { return fitted->pixels[static_cast<size_t>(row * 28 + column)]; };
  int left = 0;
  while (at(14, left) < 128) ++left;
  EXPECT_NEAR(left, 14 - 6 + 0.5, 1);
  int columns = 0;
  for (int column = 0; column < 28; ++column) columns += at(7, column) >= 128 ? 1 : 0;
  EXPECT_EQ(columns, 15);
}

TEST(FitDigit, FindsNothingOnBlankPaper) {
  EXPECT_FALSE(fit_digit(drawn(uneven), Ink::kEither, 28, 28).has_value());
  EXPECT_FALSE(fit_digit(drawn([](int, int) { return 255; }), Ink::kEither, 28, 28).has_value());
  // Noise with a standard deviation of 10 levels, nearly normal: the sum of four even ones of 17.
  const auto noise = [](int row, int column) {
    uint32_t bits = static_cast<uint32_t>(row * kSide + column) * 2654435761U;
    bits = (bits ^ bits >> 15) * 2246822519U;
    bits = (bits ^ bits >> 13) * 3266489917U;
    double sum = 0;
    for (int byte = 0; byte < 4; ++byte) sum += ((bits >> 8 * byte & 255) - 127.5) * 17.3 / 256;
    return uneven(row, column) + (row == 9 && column == 9 ? -42 : sum);  // one far from the others
  };
  for (const int side : {28, kSide})
    EXPECT_FALSE(fit_digit(drawn(noise, side), Ink::kEither, 28, 28).has_value());
}

TEST(FitDigit, SuitsEverySize) {
  for (const int side : {1, 2, 3, 28, 29, 300})
    for (const int out : {1, 2, 28, 45}) {
      const Image image = drawn([=](int row, int) { return row == side / 2 ? 0 : 255; }, side);
      const auto fitted = fit_digit(image, Ink::kEither, out, out + 3);
      EXPECT_EQ(fitted ? fitted->pixels.size() : 0, fitted ? static_cast<size_t>(out * (out + 3)) : 0);
    }
  const Image strip{.height = 1, .width = 4096, .pixels = std::vector<uint8_t>(4096, 9)};
  EXPECT_FALSE(fit_digit(strip, Ink::kEither, 28, 28).has_value());
}

TEST(DarkOnLight, IsJudgedByTheBorder) {
  EXPECT_TRUE(is_dark_on_light(bar(50, 65, kDark, kLight)));
  EXPECT_FALSE(is_dark_on_light(bar(50, 65, kLight, kDark)));
  // Ink may cover more than the paper.
  EXPECT_TRUE(
      is_dark_on_light(drawn([](int row, int) { return row > 3 && row < kSide - 4 ? kDark : kLight; })));
}

TEST(Relief, FindsThePaper) {
  const Relief relief = relief_of(drawn(
      [](int row, int column) { return uneven(row, column) - (in_bar(row, column, 20, 20) ? 80 : 0); }));
  for (int row = 0; row < kSide; ++row)
    for (int column = 0; column < kSide; ++column)
      EXPECT_NEAR(relief.values[static_cast<size_t>(row * kSide + column)],
                  in_bar(row, column, 20, 20) ? -80 : 0, 1);
  EXPECT_LT(relief.noise, 0.5);
}

TEST(Regions, TouchAtCorners) {
  const std::vector<uint8_t> mask = {1, 0, 0, 0, 0,  //
                                     0, 1, 0, 0, 0,  //
                                     0, 0, 0, 1, 0,  //
                                     0, 0, 0, 0, 0};
  const Regions regions = regions_of(mask, 4, 5);
  ASSERT_EQ(regions.regions.size(), 2U);
  EXPECT_EQ(regions.regions[0].area, 2);
  EXPECT_TRUE(regions.regions[0].reaches_border);
  EXPECT_EQ(regions.regions[1].area, 1);
  EXPECT_FALSE(regions.regions[1].reaches_border);
  EXPECT_EQ(regions.labels[0], 0);
  EXPECT_EQ(regions.labels[1], -1);
  EXPECT_EQ(regions.labels[13], 1);
}

}  // namespace
}  // namespace rung::data

#include "report/event_images.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "report/colour.h"
#include "report/statistics.h"

namespace rung::report {
namespace {

constexpr int kGlyphWidth = 3;
constexpr int kGlyphHeight = 5;
constexpr int kGlyphStep = kGlyphWidth + 1;
constexpr int kTextScale = 2;
constexpr int kCaptionHeight = (kGlyphHeight + 2) * kTextScale;

constexpr int kCellWithText = 36;  // pixels per side
constexpr int kMostClassesWithText = 20;
constexpr int kWidestWithoutText = 720;  // pixels, if a cell has two

constexpr int kColumns = 8;
constexpr int kMostMistakes = 40;
constexpr int kShownSide = 56;          // to which images are enlarged, about
constexpr int kLargestShownSide = 256;  // of the images themselves
constexpr int kMargin = 4;

constexpr Rgb kGrey{110, 110, 110};
constexpr Rgb kRight{8, 81, 156};
constexpr Rgb kWrong{165, 15, 21};

// Rows of three pixels; the left one is the highest bit.
std::array<uint8_t, kGlyphHeight> glyph(char character) {
  switch (character) {
    case '0':
      return {7, 5, 5, 5, 7};
    case '1':
      return {2, 6, 2, 2, 7};
    case '2':
      return {7, 1, 7, 4, 7};
    case '3':
      return {7, 1, 7, 1, 7};
    case '4':
      return {5, 5, 7, 1, 1};
    case '5':
      return {7, 4, 7, 1, 7};
    case '6':
      return {7, 4, 7, 5, 7};
    case '7':
      return {7, 1, 1, 1, 1};
    case '8':
      return {7, 5, 7, 5, 7};
    case '9':
      return {7, 5, 7, 1, 7};
    case '>':
      return {4, 2, 1, 2, 4};
    default:
      return {};
  }
}

int text_width(std::string_view text, int scale) {
  return static_cast<int>(text.size()) * kGlyphStep * scale - scale;
}

// Calls set(row, column) for every pixel of the text, whose middle is at (row, column).
template <typename Set>
void draw_text(std::string_view text, int scale, int row, int column, const Set& set) {
  const int top = row - kGlyphHeight * scale / 2;
  int left = column - text_width(text, scale) / 2;
  for (const char character : text) {
    const auto rows = glyph(character);
    for (int y = 0; y < kGlyphHeight * scale; ++y) {
      for (int x = 0; x < kGlyphWidth * scale; ++x) {
        if ((rows[static_cast<size_t>(y / scale)] >> (kGlyphWidth - 1 - x / scale) & 1) != 0)
          set(top + y, left + x);
      }
    }
    left += kGlyphStep * scale;
  }
}

uint8_t& pixel(data::GreyImage& image, int row, int column) {
  return image
      .pixels[static_cast<size_t>(row) * static_cast<size_t>(image.width) + static_cast<size_t>(column)];
}

data::GreyImage blank(int height, int width) {
  return {.height = height,
          .width = width,
          .pixels = std::vector<uint8_t>(static_cast<size_t>(height) * static_cast<size_t>(width), 255)};
}

// One image of the split, every pixel scale x scale, with its top left corner at (top, left).
void paste(data::GreyImage& picture, const data::Split& split, size_t index, int scale, int top, int left) {
  const size_t size = static_cast<size_t>(split.height) * static_cast<size_t>(split.width);
  const uint8_t* image = split.pixels.data() + index * size;
  for (int y = 0; y < split.height * scale; ++y) {
    for (int x = 0; x < split.width * scale; ++x)
      pixel(picture, top + y, left + x) = image[y / scale * split.width + x / scale];
  }
}

std::vector<size_t> first_mistakes(std::span<const uint8_t> labels, std::span<const uint8_t> predicted) {
  std::vector<size_t> wrong;
  for (size_t i = 0; i < predicted.size() && wrong.size() < kMostMistakes; ++i) {
    if (predicted[i] != labels[i]) wrong.push_back(i);
  }
  return wrong;
}

// Squares in rows and columns, each with a colour and a number in it.
class Board {
 public:
  Board(int squares, int side) : side_(side), image_(blank_rgb(squares * side, squares * side)) {}

  void fill(int row, int column, const Rgb& colour) {
    for (int y = 0; y < side_; ++y) {
      for (int x = 0; x < side_; ++x) put(image_, row * side_ + y, column * side_ + x, colour);
    }
  }

  void write(int row, int column, const std::string& text, const Rgb& colour) {
    int scale = kTextScale;
    while (scale > 0 && text_width(text, scale) > side_ - 2) --scale;
    if (scale == 0) return;
    draw_text(text, scale, row * side_ + side_ / 2, column * side_ + side_ / 2,
              [&](int y, int x) { put(image_, y, x, colour); });
  }

  data::RgbImage take() { return std::move(image_); }

 private:
  int side_;
  data::RgbImage image_;
};

}  // namespace

data::RgbImage confusion_picture(std::span<const uint8_t> labels, std::span<const uint8_t> predicted,
                                 int classes) {
  const auto counts = confusion(labels, predicted, classes);
  const bool with_text = classes <= kMostClassesWithText;
  Board board(classes + 1, with_text ? kCellWithText : std::max(2, kWidestWithoutText / classes));
  for (int truth = 0; truth < classes; ++truth) {
    const auto& row = counts[static_cast<size_t>(truth)];
    const int images = std::accumulate(row.begin(), row.end(), 0);
    if (with_text) {
      board.write(truth + 1, 0, std::to_string(truth), kGrey);
      board.write(0, truth + 1, std::to_string(truth), kGrey);
    }
    for (int guess = 0; guess < classes; ++guess) {
      const int count = row[static_cast<size_t>(guess)];
      if (count == 0) continue;
      // The cube root makes one image in a thousand visible.
      const double strength = std::cbrt(static_cast<double>(count) / images);
      board.fill(truth + 1, guess + 1, blend(kWhite, truth == guess ? kRight : kWrong, strength));
      if (with_text)
        board.write(truth + 1, guess + 1, std::to_string(count), strength < 0.5 ? kBlack : kWhite);
    }
  }
  return board.take();
}

std::optional<data::GreyImage> mistakes_picture(const data::Split& split,
                                                std::span<const uint8_t> predicted) {
  const auto wrong = first_mistakes(split.labels, predicted);
  const int side = std::max(split.height, split.width);
  if (wrong.empty() || side > kLargestShownSide) return std::nullopt;
  const int scale = std::max(1, kShownSide / side);
  const int cell_height = split.height * scale + kCaptionHeight + kMargin;
  const int cell_width = std::max(split.width * scale, text_width("255>255", kTextScale)) + kMargin;
  const int rows = (static_cast<int>(wrong.size()) + kColumns - 1) / kColumns;
  data::GreyImage picture = blank(rows * cell_height + kMargin, kColumns * cell_width + kMargin);
  for (size_t i = 0; i < wrong.size(); ++i) {
    const int top = static_cast<int>(i) / kColumns * cell_height + kMargin;
    const int left = static_cast<int>(i) % kColumns * cell_width + kMargin;
    const int width = cell_width - kMargin;
    paste(picture, split, wrong[i], scale, top, left + (width - split.width * scale) / 2);
    draw_text(fmt::format("{}>{}", split.labels[wrong[i]], predicted[wrong[i]]), kTextScale,
              top + split.height * scale + kCaptionHeight / 2, left + width / 2,
              [&](int y, int x) { pixel(picture, y, x) = 0; });
  }
  return picture;
}

}  // namespace rung::report

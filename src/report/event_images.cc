#include "report/event_images.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/require.h"
#include "report/colour.h"
#include "report/picture.h"
#include "report/prediction_quality.h"

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
constexpr int kEdge = 28;                // pixels for a class's number: three digits

constexpr int kColumns = 8;
constexpr int kMostMistakes = 40;
constexpr int kLeastSide = 56;          // to which images are enlarged, about
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

std::span<uint8_t> pixel(data::Image& image, int row, int column) {
  const auto channels = static_cast<size_t>(image.channels);
  const size_t place =
      static_cast<size_t>(row) * static_cast<size_t>(image.width) + static_cast<size_t>(column);
  return std::span(image.pixels).subspan(place * channels, channels);
}

data::Image blank(int height, int width, int channels) {
  const size_t places = static_cast<size_t>(height) * static_cast<size_t>(width);
  return {.height = height,
          .width = width,
          .pixels = std::vector<uint8_t>(places * static_cast<size_t>(channels), 255),
          .channels = channels};
}

// One image, every pixel scale x scale, with its top left corner at (top, left).
void paste(data::Image& picture, data::Image image, int scale, int top, int left) {
  for (int y = 0; y < image.height * scale; ++y) {
    for (int x = 0; x < image.width * scale; ++x)
      std::ranges::copy(pixel(image, y / scale, x / scale), pixel(picture, top + y, left + x).begin());
  }
}

std::vector<size_t> first_mistakes(std::span<const uint8_t> labels, std::span<const uint8_t> predicted) {
  std::vector<size_t> wrong;
  for (size_t i = 0; i < predicted.size() && wrong.size() < kMostMistakes; ++i) {
    if (predicted[i] != labels[i]) wrong.push_back(i);
  }
  return wrong;
}

// Squares in rows and columns, each with a colour and a number in it, and numbers at the left and upper edge.
class Board {
 public:
  Board(int squares, int side)
      : side_(side),
        edge_(std::max(side, kEdge)),
        image_(blank_rgb(edge_ + squares * side, edge_ + squares * side)) {}

  void fill(int row, int column, const Rgb& colour) {
    for (int y = 0; y < side_; ++y) {
      for (int x = 0; x < side_; ++x)
        put(image_, edge_ + row * side_ + y, edge_ + column * side_ + x, colour);
    }
  }

  void write(int row, int column, const std::string& text, const Rgb& colour) {
    int scale = kTextScale;
    while (scale > 0 && text_width(text, scale) > side_ - 2) --scale;
    if (scale > 0) write_at(middle(row), middle(column), text, scale, colour);
  }

  // A square's number at both edges.
  void number(int square, const std::string& text) {
    write_at(middle(square), edge_ / 2, text, kTextScale, kGrey);
    write_at(edge_ / 2, middle(square), text, kTextScale, kGrey);
  }

  data::Image take() { return std::move(image_); }

 private:
  int middle(int square) const { return edge_ + square * side_ + side_ / 2; }

  // What would lie outside the image is left out.
  void write_at(int row, int column, const std::string& text, int scale, const Rgb& colour) {
    draw_text(text, scale, row, column, [&](int y, int x) {
      if (y < image_.height && x < image_.width) put(image_, y, x, colour);
    });
  }

  int side_;
  int edge_;
  data::Image image_;
};

// Of how many squares one is numbered, so that the numbers have room.
int numbered_one_in(int side) {
  int step = 1;
  for (const int next : {2, 5, 10, 20}) {
    if (step * side >= kEdge) break;
    step = next;
  }
  return step;
}

}  // namespace

data::Image confusion_picture(const std::vector<std::vector<int>>& counts, std::span<const size_t> classes) {
  const auto size = static_cast<int>(classes.size());
  const bool with_text = size <= kMostClassesWithText;
  const int side = with_text ? kCellWithText : std::max(2, kWidestWithoutText / size);
  Board board(size, side);
  for (int square = 0; square < size; square += numbered_one_in(side))
    board.number(square, std::to_string(classes[static_cast<size_t>(square)]));
  for (int row = 0; row < size; ++row) {
    const size_t truth = classes[static_cast<size_t>(row)];
    const int images = images_of(counts, truth);
    for (int column = 0; column < size; ++column) {
      const size_t guess = classes[static_cast<size_t>(column)];
      const int count = counts[truth][guess];
      if (count == 0) continue;
      // The cube root makes one image in a thousand visible.
      const double strength = std::cbrt(static_cast<double>(count) / images);
      board.fill(row, column, blend(kWhite, truth == guess ? kRight : kWrong, strength));
      if (with_text) board.write(row, column, std::to_string(count), strength < 0.5 ? kBlack : kWhite);
    }
  }
  return board.take();
}

std::optional<data::Image> mistakes_picture(const data::Split& split, std::span<const uint8_t> predicted) {
  RUNG_REQUIRE(predicted.size() == split.labels.size());
  const auto wrong = first_mistakes(split.labels, predicted);
  const int side = std::max(split.height, split.width);
  if (wrong.empty() || side > kLargestShownSide) return std::nullopt;
  const int scale = std::max(1, kLeastSide / side);
  const int cell_height = split.height * scale + kCaptionHeight + kMargin;
  const int cell_width = std::max(split.width * scale, text_width("255>255", kTextScale)) + kMargin;
  const int rows = (static_cast<int>(wrong.size()) + kColumns - 1) / kColumns;
  data::Image picture = blank(rows * cell_height + kMargin, kColumns * cell_width + kMargin, split.channels);
  for (size_t i = 0; i < wrong.size(); ++i) {
    const int top = static_cast<int>(i) / kColumns * cell_height + kMargin;
    const int left = static_cast<int>(i) % kColumns * cell_width + kMargin;
    const int width = cell_width - kMargin;
    paste(picture, image_of(split, wrong[i]), scale, top, left + (width - split.width * scale) / 2);
    draw_text(fmt::format("{}>{}", split.labels[wrong[i]], predicted[wrong[i]]), kTextScale,
              top + split.height * scale + kCaptionHeight / 2, left + width / 2,
              [&](int y, int x) { std::ranges::fill(pixel(picture, y, x), uint8_t{0}); });
  }
  return picture;
}

}  // namespace rung::report

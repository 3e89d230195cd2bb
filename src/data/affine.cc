// The arithmetic follows Pillow and torchvision step by step, in their precision and order; it must not use
// fused multiply-add.
#include "data/affine.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/exact_math.h"
#include "base/require.h"
#include "data/dataset.h"
#include "data/draw_uniform.h"

namespace rung::data {
namespace {

// Maps a destination to its source: x = a*column + b*row + c, y = d*column + e*row + f, at pixel centres
// (hence the halves below).
struct Matrix {
  double a, b, c;
  double d, e, f;

  double x(double column, double row) const { return a * column + b * row + c; }
  double y(double column, double row) const { return d * column + e * row + f; }
};

// x = (a*column + b*row + c) / (g*column + h*row + 1), y likewise.
struct Projection {
  Matrix numerator;
  double g, h;

  double x(double column, double row) const { return numerator.x(column, row) / (g * column + h * row + 1); }
  double y(double column, double row) const { return numerator.y(column, row) / (g * column + h * row + 1); }
};

// The same in 16.16 fixed point, as Pillow does for nearest neighbour.
struct FixedPointMap {
  int32_t x0, x_per_column, x_per_row;
  int32_t y0, y_per_column, y_per_row;
};
constexpr int kFractionBits = 16;
constexpr double kFixedLimit = 32768;  // the first coordinate that fixed point cannot hold

int32_t to_fixed(double value) {
  return static_cast<int32_t>(std::floor(value * (1 << kFractionBits) + 0.5));
}

FixedPointMap fixed_point(const Matrix& m) {
  return {.x0 = to_fixed(m.c + m.a * 0.5 + m.b * 0.5),
          .x_per_column = to_fixed(m.a),
          .x_per_row = to_fixed(m.b),
          .y0 = to_fixed(m.f + m.d * 0.5 + m.e * 0.5),
          .y_per_column = to_fixed(m.d),
          .y_per_row = to_fixed(m.e)};
}

bool is_side(int side) {
  return side >= 1 && side <= kMaxImageSide;
}

bool are_possible(const AffineDraw& drawn) {
  return std::isfinite(drawn.angle) && std::isfinite(drawn.scale) && drawn.scale > 0 &&
         std::abs(drawn.shear_x) < 90 && std::abs(drawn.shear_y) < 90;
}

// Pillow rounds a rotation's matrix to 15 decimals.
double round_to_15_decimals(double value) {
  return std::nearbyint(value * 1e15) / 1e15;
}

// Pillow reduces the angle with Python's %, whose result has the sign of the divisor.
double python_modulo_360(double angle) {
  const double remainder = std::fmod(angle, 360.0);
  return remainder < 0 ? remainder + 360.0 : remainder;
}

double radians(double degrees) {
  return degrees * (std::numbers::pi / 180.0);
}

// The inverse rotation about the centre. Each expression has the order of operations of Pillow's
// Image.rotate, because the last bit can move a pixel.
Matrix rotation_matrix(int height, int width, double angle) {
  const double turn = -radians(python_modulo_360(angle));
  const double cos = round_to_15_decimals(cosine(turn));
  const double sin = round_to_15_decimals(sine(turn));
  const double centre_x = width / 2.0;
  const double centre_y = height / 2.0;
  return {cos,  sin, cos * -centre_x + sin * -centre_y + centre_x,
          -sin, cos, -sin * -centre_x + cos * -centre_y + centre_y};
}

// torchvision's _get_inverse_affine_matrix, in its order of operations.
Matrix affine_matrix(int height, int width, const AffineDraw& drawn) {
  const double turn = radians(drawn.angle);
  const double shear_x = radians(drawn.shear_x);
  const double shear_y = radians(drawn.shear_y);
  const double a = cosine(turn - shear_y) / cosine(shear_y);
  const double b = -cosine(turn - shear_y) * tangent(shear_x) / cosine(shear_y) - sine(turn);
  const double c = sine(turn - shear_y) / cosine(shear_y);
  const double d = -sine(turn - shear_y) * tangent(shear_x) / cosine(shear_y) + cosine(turn);
  const double centre_x = width * 0.5;
  const double centre_y = height * 0.5;
  const double back_x = -centre_x - drawn.translate_x;
  const double back_y = -centre_y - drawn.translate_y;
  Matrix m{d / drawn.scale, -b / drawn.scale, 0, -c / drawn.scale, a / drawn.scale, 0};
  m.c = m.a * back_x + m.b * back_y + centre_x;
  m.f = m.d * back_x + m.e * back_y + centre_y;
  return m;
}

// The result fits; its distance from the start need not, if one is far to the left and the other far to the
// right.
int32_t moved(int32_t start, int steps, int32_t step) {
  return static_cast<int32_t>(static_cast<uint32_t>(start) +
                              static_cast<uint32_t>(steps) * static_cast<uint32_t>(step));
}

void map_fixed_point(const uint8_t* in, uint8_t* out, int height, int width, const Matrix& matrix,
                     uint8_t fill) {
  const FixedPointMap map = fixed_point(matrix);
  for (int row = 0; row < height; ++row, out += width) {
    const int32_t x0 = moved(map.x0, row, map.x_per_row);
    const int32_t y0 = moved(map.y0, row, map.y_per_row);
    const auto source_x = [&](int column) { return moved(x0, column, map.x_per_column) >> kFractionBits; };
    const auto source_y = [&](int column) { return moved(y0, column, map.y_per_column) >> kFractionBits; };
    // As unsigned numbers, coordinates below 0 are too large as well.
    const auto outside = [&](int column) {
      return static_cast<uint32_t>(source_x(column)) >= static_cast<uint32_t>(width) ||
             static_cast<uint32_t>(source_y(column)) >= static_cast<uint32_t>(height);
    };
    // A line meets the source rectangle in one piece, so only the row's two ends need checks.
    int first = 0;
    while (first < width && outside(first)) out[first++] = fill;
    int last = width;
    while (last > first && outside(last - 1)) out[--last] = fill;
    for (int column = first; column < last; ++column)
      out[column] = in[source_y(column) * width + source_x(column)];
  }
}

// Pillow's COORD: the pixel that holds the coordinate, -1 outside on the left or above.
int pixel_of(double coordinate, int side) {
  if (!(coordinate >= 0 && coordinate < side)) return -1;
  return static_cast<int>(coordinate);
}

// Pillow's method if axes stay axes: it adds up the steps, which may round differently from a product.
void map_axes(const uint8_t* in, uint8_t* out, int height, int width, const Matrix& matrix, uint8_t fill) {
  double y = matrix.f + matrix.e * 0.5;
  for (int row = 0; row < height; ++row, y += matrix.e, out += width) {
    const int from_row = pixel_of(y, height);
    double x = matrix.c + matrix.a * 0.5;
    for (int column = 0; column < width; ++column, x += matrix.a) {
      const int from_column = pixel_of(x, width);
      out[column] = from_row < 0 || from_column < 0 ? fill : in[from_row * width + from_column];
    }
  }
}

// `sample(x, y)` is the value at a coordinate within the image.
template <typename Map, typename Sample>
void map_exactly(uint8_t* out, int height, int width, const Map& map, uint8_t fill, Sample sample) {
  for (int row = 0; row < height; ++row) {
    for (int column = 0; column < width; ++column, ++out) {
      const double x = map.x(column + 0.5, row + 0.5);
      const double y = map.y(column + 0.5, row + 0.5);
      const bool inside = x >= 0 && x < width && y >= 0 && y < height;
      *out = inside ? sample(x, y) : fill;
    }
  }
}

auto nearest_of(const uint8_t* in, int width) {
  return [=](double x, double y) { return in[static_cast<int>(y) * width + static_cast<int>(x)]; };
}

bool fits_fixed_point(const Matrix& matrix, int height, int width) {
  const auto fits = [&](int column, int row) {
    const double x = matrix.x(column + 0.5, row + 0.5);
    const double y = matrix.y(column + 0.5, row + 0.5);
    return std::abs(x) < kFixedLimit && std::abs(y) < kFixedLimit;
  };
  return fits(0, 0) && fits(width - 1, height - 1) && fits(0, height - 1) && fits(width - 1, 0);
}

void map_nearest(const uint8_t* in, uint8_t* out, int height, int width, const Matrix& matrix, uint8_t fill) {
  if (matrix.b == 0 && matrix.d == 0) return map_axes(in, out, height, width, matrix, fill);
  if (fits_fixed_point(matrix, height, width)) return map_fixed_point(in, out, height, width, matrix, fill);
  map_exactly(out, height, width, matrix, fill, nearest_of(in, width));
}

// Pillow's bilinear filter: beyond the centres of the outermost pixels their values continue.
uint8_t bilinear(const uint8_t* in, int height, int width, double x, double y) {
  x -= 0.5;
  y -= 0.5;
  const auto column = static_cast<int>(x < 0 ? -1 : x);
  const auto row = static_cast<int>(y < 0 ? -1 : y);
  const double right = x - column;
  const double down = y - row;
  const int left_column = std::max(column, 0);
  const int right_column = std::min(column + 1, width - 1);
  const auto across = [&](int at_row) {
    const uint8_t* pixels = in + at_row * width;
    return pixels[left_column] + (pixels[right_column] - pixels[left_column]) * right;
  };
  const double above = across(std::max(row, 0));
  const double below = row + 1 < height ? across(row + 1) : above;
  return static_cast<uint8_t>(above + (below - above) * down);
}

auto bilinear_of(const uint8_t* in, int height, int width) {
  return [=](double x, double y) { return bilinear(in, height, width, x, y); };
}

// The map from `corners` to the corner pixels of the image, rounded as torchvision rounds it: the inverse of
// Heckbert's from the unit square to a quadrilateral ("Fundamentals of texture mapping and image warping",
// 1989, 2.2.3), both up to a factor. Its numbers are integers, so those of an image of up to 360 pixels are
// exact. None where there is no map, or its last coefficient is 0.
std::optional<Projection> projection(int height, int width, const Corners& corners) {
  const auto x = [&](size_t corner) { return static_cast<double>(corners[corner].x); };
  const auto y = [&](size_t corner) { return static_cast<double>(corners[corner].y); };
  const double right_x = x(1) - x(2);
  const double right_y = y(1) - y(2);
  const double below_x = x(3) - x(2);
  const double below_y = y(3) - y(2);
  const double skew_x = x(0) - x(1) + x(2) - x(3);
  const double skew_y = y(0) - y(1) + y(2) - y(3);
  // x = (a u + b v + c) / (g u + h v + i), y = (d u + e v + f) / (g u + h v + i).
  const double g = skew_x * below_y - skew_y * below_x;
  const double h = right_x * skew_y - right_y * skew_x;
  const double i = right_x * below_y - right_y * below_x;
  const double a = i * (x(1) - x(0)) + g * x(1);
  const double b = i * (x(3) - x(0)) + h * x(3);
  const double c = i * x(0);
  const double d = i * (y(1) - y(0)) + g * y(1);
  const double e = i * (y(3) - y(0)) + h * y(3);
  const double f = i * y(0);
  const double last = a * e - b * d;
  const double determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  if (last == 0 || determinant == 0) return std::nullopt;
  const auto rounded = [&](double factor, double value) {
    return double{static_cast<float>(factor * value / last)};
  };
  const double across = width - 1;
  const double down = height - 1;
  return Projection{.numerator = {.a = rounded(across, e * i - f * h),
                                  .b = rounded(across, c * h - b * i),
                                  .c = rounded(across, b * f - c * e),
                                  .d = rounded(down, f * g - d * i),
                                  .e = rounded(down, a * i - c * g),
                                  .f = rounded(down, c * d - a * f)},
                    .g = rounded(1, d * h - e * g),
                    .h = rounded(1, b * g - a * h)};
}

}  // namespace

void rotate(const uint8_t* in, uint8_t* out, int height, int width, double angle, uint8_t fill) {
  RUNG_REQUIRE(is_side(height) && is_side(width));
  RUNG_REQUIRE(std::isfinite(angle));
  map_fixed_point(in, out, height, width, rotation_matrix(height, width, angle), fill);
}

float draw(const RandomRotation& rotation, RandomStream& random) {
  return draw_uniform(-rotation.degrees, rotation.degrees, random);
}

// Draws in torchvision's order, and draws nothing for what the transform leaves unchanged.
AffineDraw draw(const RandomAffine& affine, int height, int width, RandomStream& random) {
  AffineDraw drawn;
  const auto within = [&](double low, double high, double otherwise) {
    return low == otherwise && high == otherwise ? otherwise : double{draw_uniform(low, high, random)};
  };
  const auto pixels = [&](double share, int side) {
    return static_cast<int>(std::nearbyint(within(-share * side, share * side, 0)));
  };
  drawn.angle = within(-affine.degrees, affine.degrees, 0);
  drawn.translate_x = pixels(affine.translate[0], width);
  drawn.translate_y = pixels(affine.translate[1], height);
  drawn.scale = within(affine.scale[0], affine.scale[1], 1);
  drawn.shear_x = within(affine.shear[0], affine.shear[1], 0);
  drawn.shear_y = within(affine.shear[2], affine.shear[3], 0);
  return drawn;
}

void affine(const uint8_t* in, uint8_t* out, int height, int width, const AffineDraw& drawn,
            Interpolation interpolation, uint8_t fill) {
  RUNG_REQUIRE(is_side(height) && is_side(width));
  RUNG_REQUIRE(are_possible(drawn));
  const Matrix matrix = affine_matrix(height, width, drawn);
  if (interpolation == Interpolation::kNearest) return map_nearest(in, out, height, width, matrix, fill);
  map_exactly(out, height, width, matrix, fill, bilinear_of(in, height, width));
}

// Draws in torchvision's order.
std::optional<Corners> draw(const RandomPerspective& perspective, int height, int width,
                            RandomStream& random) {
  if (random.uniform() >= static_cast<float>(perspective.p)) return std::nullopt;
  const auto places = [&](int side) {
    const int half = side / 2;
    return static_cast<uint32_t>(perspective.distortion_scale * half) + 1;
  };
  const auto near_start = [&](int side) { return static_cast<int>(random.below(places(side))); };
  const auto near_end = [&](int side) {
    return side - static_cast<int>(places(side)) + static_cast<int>(random.below(places(side)));
  };
  Corners corners;
  corners[0].x = near_start(width);
  corners[0].y = near_start(height);
  corners[1].x = near_end(width);
  corners[1].y = near_start(height);
  corners[2].x = near_end(width);
  corners[2].y = near_end(height);
  corners[3].x = near_start(width);
  corners[3].y = near_end(height);
  return corners;
}

void perspective(const uint8_t* in, uint8_t* out, int height, int width, const Corners& corners,
                 Interpolation interpolation, uint8_t fill) {
  RUNG_REQUIRE(is_side(height) && is_side(width));
  const auto map = projection(height, width, corners);
  if (!map) {
    std::copy_n(in, static_cast<size_t>(height) * static_cast<size_t>(width), out);
  } else if (interpolation == Interpolation::kNearest) {
    map_exactly(out, height, width, *map, fill, nearest_of(in, width));
  } else {
    map_exactly(out, height, width, *map, fill, bilinear_of(in, height, width));
  }
}

}  // namespace rung::data

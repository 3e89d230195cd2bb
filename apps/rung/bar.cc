#include "bar.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

#include "base/all_finite.h"
#include "base/require.h"
#include "base/text.h"

namespace rung::app {
namespace {

constexpr int kWidestBar = 40;
constexpr int kNarrowestBar = 5;

// Eighths of a block, as tqdm draws them.
std::string bar(double done, int width) {
  static constexpr std::array kEighths = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const int eighths = static_cast<int>(done * width * 8);
  std::string text;
  for (int i = 0; i < eighths / 8; ++i) text += "█";
  text += kEighths[static_cast<size_t>(eighths % 8)];
  const int drawn = (eighths + 7) / 8;
  return text + std::string(static_cast<size_t>(std::max(0, width - drawn)), ' ');
}

// At most `most` values: means over stretches of nearly equal length.
std::vector<double> condensed(std::span<const double> values, size_t most) {
  const size_t count = std::min(values.size(), most);
  std::vector<double> means;
  for (size_t i = 0; i < count; ++i) {
    const size_t begin = i * values.size() / count;
    const size_t end = (i + 1) * values.size() / count;
    const auto stretch = values.subspan(begin, end - begin);
    means.push_back(std::accumulate(stretch.begin(), stretch.end(), 0.0) /
                    static_cast<double>(stretch.size()));
  }
  return means;
}

}  // namespace

std::string clock_text(double seconds) {
  constexpr double kLongest = 359'999'999;  // a hundred thousand hours
  const auto whole = static_cast<int64_t>(std::clamp(seconds, 0.0, kLongest) + 0.5);
  if (whole < 3600) return fmt::format("{:02}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string rough_duration(double seconds) {
  constexpr double kMostSeconds = 90;
  constexpr double kMostMinutes = 90;
  const double minutes = seconds / 60;
  if (seconds < kMostSeconds) return counted(10 * std::max<size_t>(1, std::lround(seconds / 10)), "second");
  if (minutes < kMostMinutes) return counted(static_cast<size_t>(std::lround(minutes)), "minute");
  const int64_t tens = std::llround(std::min(minutes, 1e9) / 10);
  return fmt::format("{} h {} min", tens / 6, tens % 6 * 10);
}

std::string bar_line(const std::string& before, double done, std::span<const std::string> endings,
                     int columns) {
  constexpr int kFrame = 2;
  for (const std::string& after : endings) {
    const int room = columns - kFrame - columns_of(before) - columns_of(after);
    if (room >= kNarrowestBar)
      return fmt::format("{}|{}|{}", before, bar(std::clamp(done, 0.0, 1.0), std::min(room, kWidestBar)),
                         after);
  }
  return cut_to(before + endings.back(), std::max(0, columns));
}

std::string sparkline(std::span<const double> values, int columns) {
  RUNG_REQUIRE(all_finite(values));
  static constexpr std::array kLevels = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const std::vector<double> points = condensed(values, static_cast<size_t>(std::max(0, columns)));
  if (points.empty()) return "";
  const auto [low, high] = std::ranges::minmax(points);
  std::string text;
  for (const double point : points) {
    const double height = high > low ? (point - low) / (high - low) : 0.5;
    text += kLevels[static_cast<size_t>(std::lround(height * (kLevels.size() - 1)))];
  }
  return text;
}

}  // namespace rung::app

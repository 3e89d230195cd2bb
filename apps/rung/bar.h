// Progress bars like tqdm's, and curves one line high, as text.
#pragma once

#include <span>
#include <string>

namespace rung::app {

// "01:23", "1:02:03".
std::string clock_text(double seconds);

// A time that is only roughly known: "40 seconds", "3 minutes", "2 h 10 min".
std::string rough_duration(double seconds);

// "before|bar|after", at most `columns` wide, with the first ending that leaves room for a bar; if none does,
// the last one without a bar, cut off. `done` is from 0 to 1. All text is printable UTF-8.
std::string bar_line(const std::string& before, double done, std::span<const std::string> endings,
                     int columns);

// A curve of at most `columns` characters ▁ to █, from the smallest value to the largest; each character is
// the mean of its values. Precondition: the values are finite.
std::string sparkline(std::span<const double> values, int columns);

}  // namespace rung::app

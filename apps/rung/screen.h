// The terminal's second screen, as top(1) and less(1) use it: redrawn as a whole whatever its size has
// become, and gone in the end, with what stood there before it back in its place.
#pragma once

#include <span>

#include "terminal.h"

namespace rung::app {

// One at a time.
class Screen {
 public:
  Screen();
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  // Shows as many of the lines as there is room for, in one write, so that nothing flickers. Ctrl-Z between
  // two calls suspends the process here, on the first screen.
  void show(std::span<const Line> lines);
};

}  // namespace rung::app

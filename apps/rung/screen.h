// The terminal's alternate screen, as top(1) and less(1) use it: redrawn as a whole at any size, and removed
// at the end, which restores the previous content.
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

  // Shows as many of the lines as fit, in one write, so that nothing flickers. Ctrl-Z between two calls
  // suspends the process here, on the main screen.
  void show(std::span<const Line> lines);
};

}  // namespace rung::app

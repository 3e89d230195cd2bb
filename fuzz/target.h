// What the fuzz targets share. A target is a function that libFuzzer calls with one input after the other; it
// ends the process when it has found something.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>

#include "base/error.h"
#include "base/text.h"

// By libFuzzer's convention; what it returns is always 0.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace rung::fuzz {

// A property that must hold of whatever the input was.
inline void require(bool holds, std::string_view property) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %.*s\n", static_cast<int>(property.size()), property.data());
  std::abort();
}

// An error is shown on a terminal, in one line.
inline void check_message(const Error& error) {
  require(std::string_view(error.what()).size() < 2000, "an error's message is short");
  require(!has_control(error.what()) && !has_control(error.hint()), "an error's message is printable");
}

// How many inputs were not refused.
inline uint64_t accepted = 0;

// Calls parse(bytes), which may refuse them. Whatever else it throws is a finding.
template <typename Parse>
int parse_or_refuse(const uint8_t* data, size_t size, Parse parse) {
  try {
    parse(std::as_bytes(std::span(data, size)));
    ++accepted;
  } catch (const Error& error) {
    check_message(error);
  }
  return 0;
}

}  // namespace rung::fuzz

// What the fuzz targets share. A target is a function that libFuzzer calls with one input after another; it
// aborts the process on a finding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>

#include "base/error.h"
#include "base/text.h"

// libFuzzer's convention; always returns 0.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace rung::fuzz {

// Ends the process unless the property holds; it must hold for every input.
inline void require(bool holds, std::string_view property) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %.*s\n", static_cast<int>(property.size()), property.data());
  std::abort();
}

// Checks an error's message: it is shown on a terminal, on one line.
inline void check_message(const Error& error) {
  require(std::string_view(error.what()).size() < 2000, "an error's message is short");
  require(!has_control(error.what()) && !has_control(error.hint()), "an error's message is printable");
}

// How many inputs were accepted.
inline uint64_t accepted = 0;

// Calls parse(bytes), which may refuse them with an Error. Any other exception is a finding.
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

// RUNG_REQUIRE(condition): a function's precondition. What breaks one is a mistake in the program, never its
// input, so it is no error of base/error.h: it says where and ends the process. It is checked in debug builds
// (the presets dev, asan, tsan and fuzz); elsewhere it is compiled but not evaluated.
#pragma once

#ifdef RUNG_CHECKS_PRECONDITIONS

#include <cstdio>
#include <cstdlib>

namespace rung {

[[noreturn]] inline void fail_precondition(const char* file, int line, const char* condition) {
  std::fprintf(stderr, "%s:%d: broken precondition: %s\n", file, line, condition);
  std::abort();
}

}  // namespace rung

#define RUNG_REQUIRE(...) \
  ((__VA_ARGS__) ? static_cast<void>(0) : ::rung::fail_precondition(__FILE__, __LINE__, #__VA_ARGS__))

#else

#define RUNG_REQUIRE(...) static_cast<void>(true || (__VA_ARGS__))

#endif

#include "ladder/p_value.h"

#include <fmt/format.h>

namespace rung::ladder {
namespace {

constexpr double kSmallestShown = 1e-4;

}  // namespace

std::string p_value_text(double p) {
  return p < kSmallestShown ? fmt::format("< {:.4f}", kSmallestShown) : fmt::format("{:.4f}", p);
}

std::string p_value_equation(double p) {
  return fmt::format("p {}{}", p < kSmallestShown ? "" : "= ", p_value_text(p));
}

}  // namespace rung::ladder

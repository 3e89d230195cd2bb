// p-values as tables and sentences show them.
#pragma once

#include <string>

namespace rung::ladder {

// "0.0231", or "< 0.0001" if four decimals would show only zeros.
std::string p_value_text(double p);

// "p = 0.0231", "p < 0.0001".
std::string p_value_equation(double p);

}  // namespace rung::ladder

// Powers and cosines from additions, multiplications and divisions alone: the system's libm may round
// differently elsewhere, and the bits are promised.
#pragma once

#include <cstdint>

namespace rung::optim {

// base^exponent by repeated squaring. Precondition: exponent >= 0.
double power(double base, int64_t exponent);

// cos(pi * half_turns), to about 1e-16. Precondition: half_turns is finite.
double cosine_of_half_turns(double half_turns);

}  // namespace rung::optim

// Random numbers of the symmetric Beta distribution, with the same bits on every machine.
#pragma once

#include "base/philox.h"

namespace rung {

// A draw from Beta(alpha, alpha), within 0 and 1. Precondition: 0.01 <= alpha <= 1000.
double draw_beta(double alpha, RandomStream& random);

}  // namespace rung

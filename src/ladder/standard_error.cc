#include "ladder/standard_error.h"

#include <algorithm>
#include <cmath>

#include "base/require.h"

namespace rung::ladder {

double standard_error(double accuracy, int images) {
  RUNG_REQUIRE(0 <= accuracy && accuracy <= 100);
  // If all images are right, or all wrong, one more could be different.
  const double one = std::min(0.5, 1.0 / images);
  const double p = std::clamp(accuracy / 100, one, 1 - one);
  return 100 * std::sqrt(p * (1 - p) / images);
}

double standard_error(const train::RunRecord& record) {
  return standard_error(record.final_test_accuracy(), record.test_images);
}

}  // namespace rung::ladder

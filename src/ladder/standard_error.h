// The standard error of an accuracy: how much chance moves it on new images of the same kind.
#pragma once

#include "train/run_record.h"

namespace rung::ladder {

// Points: 100 * sqrt(p (1 - p) / n), of an accuracy p (here in percent) over n images; p is taken at least
// one image away from 0 and 1. Precondition: 0 <= accuracy <= 100.
double standard_error(double accuracy, int images);

// Of the last test accuracy.
double standard_error(const train::RunRecord& record);

}  // namespace rung::ladder

// What a page says about the predictions for the test images as a whole. Preconditions: the exhibit has
// predictions.
#pragma once

#include "report/exhibit.h"
#include "report/page.h"

namespace rung::report {

// The confusion matrix, or for many classes the most confused pairs.
Html confusion_section(const Exhibit& exhibit);

// How reliable the probabilities are.
Html calibration_section(const Exhibit& exhibit, Page& page);

}  // namespace rung::report

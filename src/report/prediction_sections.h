// What a page says about the predictions for the test images as a whole. Preconditions: the exhibit has
// predictions.
#pragma once

#include "report/exhibit.h"
#include "report/page.h"

namespace rung::report {

// The confusion matrix, or of many classes the pairs that are confused most.
Html confusion_section(const Exhibit& exhibit);

// How far probabilities can be believed.
Html calibration_section(const Exhibit& exhibit, Page& page);

}  // namespace rung::report

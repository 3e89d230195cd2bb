// Everything that a page says about one run beyond its story. Sections that need what is not there are empty.
#pragma once

#include <vector>

#include "report/exhibit.h"
#include "report/page.h"

namespace rung::report {

// Curves, model, mistakes, calibration, what is inside, augmentation, timing. Their charts go to `page`.
std::vector<Section> detail_sections(const Exhibit& exhibit, Page& page);

// A figure of every epoch.
Points points_of(const train::RunRecord& record, double train::EpochRecord::*value);
Points points_of(const train::RunRecord& record,
                 double train::ValidationRecord::*value);  // where there is one
Points points_of(const ReferenceCurve& curve, double ReferenceEpoch::*value);

}  // namespace rung::report

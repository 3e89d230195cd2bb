// Everything that a page says about one run beyond its story. Sections whose data is missing are empty.
#pragma once

#include <vector>

#include "report/exhibit.h"
#include "report/page.h"

namespace rung::report {

// Curves, model, mistakes, calibration, inside, augmentation, timing. Their charts are added to `page`.
std::vector<Section> detail_sections(const Exhibit& exhibit, Page& page);

// One figure per epoch.
Points points_of(const train::RunRecord& record, double train::EpochRecord::*value);
Points points_of(const train::RunRecord& record,
                 double train::ValidationRecord::*value);  // if there is one
Points points_of(const ReferenceCurve& curve, double ReferenceEpoch::*value);

}  // namespace rung::report

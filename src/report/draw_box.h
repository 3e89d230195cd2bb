// A box to draw in, and what a run's network says to that: on a report's page, where the playground's engine
// would take too much room. The page's script computes the network, node by node, in double precision: the
// probabilities are those of `rung predict --fit mnist` but for rounding, and for how the drawing is cut out.
#pragma once

#include "report/exhibit.h"
#include "report/html.h"
#include "report/page.h"

namespace rung::report {

// Empty without weights, for images that are not grey, and for models of more numbers than fit into 120 kB.
Html draw_box(const Exhibit& exhibit, Page& page);

}  // namespace rung::report

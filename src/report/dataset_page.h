// The page about what `rung data check` finds in a dataset. docs/report.md describes its contents.
#pragma once

#include <string>

#include "inspect/findings.h"

namespace rung::report {

// The whole file. It has no script: all it shows are tables and pictures.
std::string dataset_page(const inspect::Findings& findings);

}  // namespace rung::report

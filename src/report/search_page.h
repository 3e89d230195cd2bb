// The page of a search: the front of cost and loss, every candidate with its recipe, and what mattered.
#pragma once

#include <string>

#include "search/search.h"

namespace rung::report {

std::string search_page(const search::Search& search);

}  // namespace rung::report

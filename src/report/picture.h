// Images for a page: PNG in the page itself.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "data/dataset.h"
#include "data/png.h"
#include "report/html.h"

namespace rung::report {

std::string data_uri(const data::Image& image);

// An <img> that shows every pixel `scale` times as large, with sharp edges; smaller if it does not fit.
Html picture(const data::Image& image, int scale, std::string_view alternative);

// One image of a split.
data::Image image_of(const data::Split& split, size_t index);

}  // namespace rung::report

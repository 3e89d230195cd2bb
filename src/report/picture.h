// Images for a page: PNG in the page itself.
#pragma once

#include <span>
#include <string_view>

#include "data/png.h"
#include "report/html.h"

namespace rung::report {

std::string data_uri(const data::GreyImage& image);
std::string data_uri(const data::RgbImage& image);

// An <img> that shows every pixel `scale` times as large, with sharp edges; smaller if it does not fit.
Html picture(const data::GreyImage& image, int scale, std::string_view alternative);
Html picture(const data::RgbImage& image, int scale, std::string_view alternative);

// One image of a split.
data::GreyImage grey(std::span<const uint8_t> pixels, int height, int width);

}  // namespace rung::report

// A model as a row of drawings (every layer's output, and how much of the image one of its values sees) and
// as a table.
#pragma once

#include <optional>

#include "data/png.h"
#include "nn/model_spec.h"
#include "report/html.h"

namespace rung::report {

// The receptive fields are drawn over `example`, or over an empty plane without one.
Html model_section(const nn::ModelSpec& model, const std::optional<data::Image>& example);

}  // namespace rung::report

// The parts of a run's page that show images. They are empty where the dataset or the weights are missing, or
// where images are too large for a page of them.
#pragma once

#include <optional>
#include <vector>

#include "data/png.h"
#include "report/exhibit.h"
#include "report/page.h"

namespace rung::report {

// The test image that the model is drawn over.
std::optional<data::GreyImage> example_digit(const Exhibit& exhibit);

// The images it gets wrong, worst first. Precondition: the exhibit has predictions.
Html mistakes_section(const Exhibit& exhibit);

// Filters, activations, evidence. Precondition: the exhibit has predictions.
std::vector<Section> inside_sections(const Exhibit& exhibit);

// Training images as the first epochs saw them.
Html augmentation_section(const Exhibit& exhibit);

// A test image with lines of text below it.
Html image_cell(const data::Split& split, uint32_t image, const Html& below);

// Images small enough for a page of them.
bool can_show_images(const Exhibit& exhibit);

}  // namespace rung::report

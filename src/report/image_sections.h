// The parts of a run's page that show images. They are empty if the dataset or the weights are missing, or if
// the images are too large for a page.
#pragma once

#include <optional>
#include <vector>

#include "data/png.h"
#include "report/exhibit.h"
#include "report/page.h"

namespace rung::report {

// The test image over which the model is drawn.
std::optional<data::Image> example_digit(const Exhibit& exhibit);

// The misclassified images, worst first. Precondition: the exhibit has predictions.
Html mistakes_section(const Exhibit& exhibit);

// The first layer's weights; empty unless they are a few filters. Precondition: the exhibit has weights.
Html filters_section(const Exhibit& exhibit);

// Activations, evidence. Precondition: the exhibit has predictions.
std::vector<Section> inside_sections(const Exhibit& exhibit);

// Training images as the first epochs saw them.
Html augmentation_section(const Exhibit& exhibit);

// A test image with lines of text below it.
Html image_cell(const data::Split& split, uint32_t image, const Html& below);

// Whether the images are small enough for a page.
bool can_show_images(const Exhibit& exhibit);

}  // namespace rung::report

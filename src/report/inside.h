// The inside of a trained model: its first filters, its units' outputs for example images, and where the
// evidence for a class comes from.
#pragma once

#include <vector>

#include "data/png.h"
#include "nn/trace.h"
#include "report/exhibit.h"

namespace rung::report {

// The first image of every class that has one, in the order of the classes; if there are more classes than
// `most`, those of `most` classes spread evenly over them.
std::vector<uint32_t> example_images(std::span<const uint8_t> labels, size_t most);

// How many classes have images.
size_t classes_with_images(std::span<const uint8_t> labels);

// The first layer's filters, each divided by the largest weight of all; none unless the model begins with a
// convolution.
struct Filters {
  std::vector<data::Image> images;
  double largest = 0;        // absolute weight
  bool are_colours = false;  // an image for each filter, whose red, green and blue are its weights; else one
                             // for each of its channels, in diverging() colours
};
Filters first_filters(const nn::Plan& plan, const nn::Weights& weights);

// The examples on their way through the model. Precondition: the exhibit has data and weights.
nn::Trace trace_examples(const Exhibit& exhibit, std::span<const uint32_t> examples);

// The shape of a unit's output as rows and columns, also where a flatten follows and Unit::output is flat.
nn::Shape places_of(const nn::Unit& unit);

// At most `most` channels of a unit's output, in their order: those whose values are farthest from zero on
// average over the first `examples` lanes.
std::vector<int> most_active_channels(const nn::Plan& plan, const nn::Trace& trace, size_t unit, int examples,
                                      size_t most);

// Output of a unit: a row an example, a column one of `channels`; each channel black at its smallest value
// over the examples, or at 0 if that is smaller, and white at its largest.
data::Image activation_grid(const nn::Plan& plan, const nn::Trace& trace, size_t unit, int examples,
                            std::span<const int> channels);

// The positions of a unit's outputs on the input, along one axis.
struct Reach {
  int field = 1;     // receptive field, pixels
  int jump = 1;      // pixels between neighbouring outputs
  double first = 0;  // centre of the first output's field, pixels
};
struct Reach2 {
  Reach rows;
  Reach columns;
};
// Precondition: no unit up to this one is a linear layer of several positions (which is how a plan runs a
// convolution over its whole input).
Reach2 reach_of(const nn::Plan& plan, size_t unit);

// The deepest unit whose output side is still at least a quarter of the input's: deep enough to represent
// parts of a digit, fine enough to locate them. None for a model without such a unit.
std::optional<size_t> evidence_unit(const nn::Plan& plan);

// For each example, how much evidence each pixel's surroundings give for class classes[example]: 0..1,
// [H][W].
//
// Grad-CAM (Selvaraju et al., 2017) with the gradient kept in place instead of averaged (HiResCAM, Draelos
// and Carin, 2020): sum over channels of activation x gradient of the class's logit, where it is positive.
// Each output stands for its whole receptive field, so its value is spread as a Gaussian around the field's
// centre, with a quarter of the field as standard deviation.
std::vector<std::vector<double>> evidence(const nn::Plan& plan, const nn::Trace& trace, size_t unit,
                                          std::span<const uint8_t> classes);

// The evidence laid over its image.
data::Image evidence_image(const data::Image& image, const std::vector<double>& evidence);

}  // namespace rung::report

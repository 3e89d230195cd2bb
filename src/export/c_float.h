// C99 source of a model in float32, for processors that have such numbers: whole planes in static memory, and
// the library of mathematics.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "base/channel_values.h"
#include "chip/layout.h"
#include "nn/graph.h"

namespace rung::exports {

// A model that takes pixels p as (p / 255 - mean) / std.
struct FloatModel {
  nn::graph::Graph graph;
  ChannelValues mean = 0;
  ChannelValues std = 1;
};

chip::Sizes sizes_of(const FloatModel& model);

// The two files of the model: NAME.h and NAME.c. Precondition: `name` is a C identifier.
std::map<std::string, std::string> c_float_source(const FloatModel& model, const std::string& name);

// A program that runs the model on images [N][H][W][C] and compares the logits with Rung's, which may differ
// by 1e-4 of the largest (or of 1, if all are smaller): NAME_test.c.
std::string c_float_test(const FloatModel& model, const std::string& name, std::span<const uint8_t> images);

}  // namespace rung::exports

#include "quantise/ranges.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "kernels/layout.h"

namespace rung::quantise {
namespace {

// Calls visit(node, value) for every value of every node.
template <typename Visit>
void for_each_value(const nn::graph::Graph& graph, int images, const nn::LoadBlock& load, Visit visit) {
  nn::graph::Runner runner(graph);
  for (int block = 0; block < kernels::blocks_of(images); ++block) {
    const int lanes = kernels::valid_lanes(images, block);
    load(block, lanes, 0, runner.input().data());
    runner.run();
    for (size_t node = 0; node < graph.nodes.size(); ++node) {
      const auto values = runner.output(node);
      for (size_t at = 0; at < values.size(); at += kernels::kLanes) {
        for (size_t lane = 0; lane < static_cast<size_t>(lanes); ++lane)
          visit(node, double{values[at + lane]});
      }
    }
  }
}

// How many of the first bins hold at most `limit` values together.
template <typename Bins>
size_t bins_within(const Bins& bins, double limit) {
  double sum = 0;
  size_t count = 0;
  for (const double bin : bins) {
    sum += bin;
    if (sum > limit) break;
    ++count;
  }
  return count;
}

}  // namespace

void Activations::Histogram::add(double value) {
  const double bin = range.most > range.least ? (value - range.least) / bin_width() : 0;
  ++counts[std::min(static_cast<size_t>(bin), kBins - 1)];
}

Range Activations::Histogram::without(double clipped) const {
  const double limit = clipped * std::accumulate(counts.begin(), counts.end(), 0.0);
  std::vector<double> reversed(counts.rbegin(), counts.rend());
  const auto below = static_cast<double>(bins_within(counts, limit));
  const auto above = static_cast<double>(bins_within(reversed, limit));
  if (clipped == 0 || below + above >= static_cast<double>(kBins)) return range;
  return {range.least + below * bin_width(), range.most - above * bin_width()};
}

Activations::Activations(const nn::graph::Graph& graph, int images, const nn::LoadBlock& load)
    : nodes_(graph.nodes.size()) {
  for_each_value(graph, images, load, [&](size_t node, double value) {
    if (!std::isfinite(value)) throw DataError("the model's activations are not all finite");
    Range& range = nodes_[node].range;
    range = {std::min(range.least, value), std::max(range.most, value)};
  });
  for_each_value(graph, images, load, [&](size_t node, double value) { nodes_[node].add(value); });
}

std::vector<Range> Activations::ranges(double clipped) const {
  std::vector<Range> result;
  for (const Histogram& node : nodes_) result.push_back(node.without(clipped));
  return result;
}

}  // namespace rung::quantise

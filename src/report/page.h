// The frame of a page: one HTML file that needs no other and, by its Content-Security-Policy, cannot request
// one.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "report/html.h"

namespace rung::report {

using Points = std::vector<std::pair<double, double>>;

struct Series {
  // kSteps: a line that keeps a point's height until the next. kBare: a line without points. kReference: a
  // faint, dashed line. kMark: large points; in a chart without a legend the label is beside the first.
  // kHollow: their outlines. kWhisker: a thin line. kReference and kWhisker have no entry in the legend.
  enum class Style { kLine, kSteps, kBare, kReference, kMark, kHollow, kWhisker };

  std::string label;
  Points points;
  int colour = 0;  // of the page's palette
  Style style = Style::kLine;
};

// The scale of an axis. kAccuracy takes percent and spaces the errors logarithmically, so that 99.3 and 99.4
// can be told apart beside 97. A linear x axis counts epochs; kMeasure is in percent and spans the values;
// kAmount begins at 0 and leaves room after the last value.
enum class Scale { kLinear, kLogarithmic, kAccuracy, kMeasure, kAmount };

struct Axis {
  std::string label;
  Scale scale = Scale::kLinear;
};

struct Chart {
  enum class Kind { kLines, kBars };

  std::string title;  // what it shows, for screen readers
  Kind kind = Kind::kLines;
  Axis x;
  Axis y;
  std::vector<Series> series;
  std::optional<std::pair<double, double>> target;  // x at most, y at least: a region to reach
  bool legend = true;
};

class Page {
 public:
  explicit Page(std::string title) : title_(std::move(title)) {}

  void add(const Html& part) { body_ += part; }

  // Adds a chart to the page; the script draws it.
  Html chart(const Chart& chart);

  // Adds a box to draw in, for a network as draw_box.js takes it.
  Html drawing(const nlohmann::ordered_json& network);

  // The whole file; without charts and boxes, it has no script.
  std::string finish() const;

 private:
  std::string title_;
  Html body_;
  std::vector<Chart> charts_;
  std::vector<nlohmann::ordered_json> drawings_;
};

// A whole file around what its body holds. The Content-Security-Policy allows these styles, these scripts,
// which run in their order at the end, images in the page itself, and nothing else; with kEngine also
// WebAssembly, and workers that the scripts make.
enum class Runs { kScripts, kEngine };
std::string whole_page(std::string_view title, std::span<const std::string_view> styles, const Html& body,
                       std::span<const std::string_view> scripts, Runs runs = Runs::kScripts);

// A titled part of a page.
struct Section {
  std::string id;
  std::string title;
  Html body;
};

// The non-empty sections. Their ids begin with `prefix`, so that they are unique in the page; `level` is
// their headings' level.
Html titled(const std::vector<Section>& sections, std::string_view prefix, int level);

// The same with links to them in front.
Html with_contents(const std::vector<Section>& sections, std::string_view prefix, int level);

// Content that opens on a click.
Html disclosure(std::string_view summary, const Html& content);

// A numbered figure; `caption` says what to see.
Html figure(const Html& content, const Html& caption);

// Rows of cells, the first the head; the first `words` columns are left-aligned, the others right-aligned.
// Scrolls by itself if it is wider than the page.
Html table(const std::vector<std::vector<Html>>& rows, size_t words = 1);

Html list(const std::vector<std::string>& items);

// A value with its name, for the few most important numbers.
Html tile(std::string_view value, std::string_view name, std::string_view note);

Html text(std::string_view text);

}  // namespace rung::report

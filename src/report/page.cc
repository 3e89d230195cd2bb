#include "report/page.h"

#include <nlohmann/json.hpp>

#include "report/assets.h"

namespace rung::report {
namespace {

using nlohmann::ordered_json;

const char* name_of(Scale scale) {
  switch (scale) {
    case Scale::kLogarithmic:
      return "logarithmic";
    case Scale::kAccuracy:
      return "accuracy";
    case Scale::kMeasure:
      return "measure";
    case Scale::kAmount:
      return "amount";
    case Scale::kLinear:
      break;
  }
  return "linear";
}

ordered_json to_json(const Axis& axis) {
  return {{"label", axis.label}, {"scale", name_of(axis.scale)}};
}

const char* name_of(Series::Style style) {
  switch (style) {
    case Series::Style::kSteps:
      return "steps";
    case Series::Style::kBare:
      return "bare";
    case Series::Style::kReference:
      return "reference";
    case Series::Style::kMark:
      return "mark";
    case Series::Style::kHollow:
      return "hollow";
    case Series::Style::kWhisker:
      return "whisker";
    case Series::Style::kLine:
      break;
  }
  return "line";
}

ordered_json to_json(const Series& series) {
  return {{"label", series.label},
          {"points", series.points},
          {"colour", series.colour},
          {"style", name_of(series.style)}};
}

ordered_json to_json(const Chart& chart) {
  ordered_json json{{"kind", chart.kind == Chart::Kind::kBars ? "bars" : "lines"},
                    {"x", to_json(chart.x)},
                    {"y", to_json(chart.y)},
                    {"legend", chart.legend},
                    {"series", ordered_json::array()}};
  for (const Series& series : chart.series) json["series"].push_back(to_json(series));
  if (chart.target) json["target"] = {{"x", chart.target->first}, {"y", chart.target->second}};
  return json;
}

// The chart for screen readers: its title, and where its curves begin and end.
std::string in_words(const Chart& chart) {
  std::string words = chart.title;
  for (const Series& series : chart.series) {
    if (series.points.empty() || series.style == Series::Style::kWhisker) continue;
    const auto& [x, y] = series.points.front();
    words += fmt::format("; {}: {:.4g} at {:g}", series.label, y, x);
    if (series.points.size() == 1) continue;
    const auto& [last_x, last_y] = series.points.back();
    words += fmt::format(", {:.4g} at {:g}", last_y, last_x);
  }
  return words;
}

// What the script draws.
Html chart_blocks(const std::vector<Chart>& charts) {
  Html result{
      "<noscript><p class=\"note\">The charts need JavaScript; all figures are in the "
      "tables.</p></noscript>\n"};
  ordered_json list = ordered_json::array();
  for (const Chart& chart : charts) list.push_back(to_json(chart));
  return result += json_block("charts", list);
}

Html hashes(std::span<const std::string_view> contents) {
  Html result;
  for (const std::string_view content : contents) result += html(" {}", Html{csp_hash(content)});
  return result;
}

}  // namespace

Html Page::chart(const Chart& chart) {
  charts_.push_back(chart);
  return html("<div class=\"plot\"><canvas data-chart=\"{}\" role=\"img\" aria-label=\"{}\"></canvas></div>",
              charts_.size() - 1, in_words(chart));
}

Html Page::drawing(const ordered_json& network) {
  drawings_.push_back(network);
  return html(
      "<div class=\"drawing\" data-drawing=\"{}\"><canvas width=\"168\" height=\"168\" role=\"img\" "
      "aria-label=\"Drawing area, for mouse, pen or finger\"></canvas><div><canvas width=\"{}\" "
      "height=\"{}\" role=\"img\" aria-label=\"The drawing as the network sees it\"></canvas>"
      "<output aria-live=\"polite\"></output><button type=\"button\">Clear</button></div></div>\n",
      drawings_.size() - 1, network["width"].get<int>(), network["height"].get<int>());
}

std::string Page::finish() const {
  Html body = html("<main>\n{}</main>\n", body_);
  const std::string_view styles[] = {kPageCss};
  std::vector<std::string_view> scripts;
  if (!charts_.empty()) {
    body += chart_blocks(charts_);
    scripts.insert(scripts.end(), {kChartJs, kPageJs});
  }
  if (!drawings_.empty()) {
    body += json_block("drawings", drawings_);
    scripts.push_back(kDrawBoxJs);
  }
  return whole_page(title_, styles, body, scripts);
}

std::string whole_page(std::string_view title, std::span<const std::string_view> styles, const Html& body,
                       std::span<const std::string_view> scripts, Runs runs) {
  Html page{"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"};
  const bool has_engine = runs == Runs::kEngine;
  const Html script_sources = scripts.empty() ? Html{}
                                              : html("script-src{}{}; ", hashes(scripts),
                                                     Html{has_engine ? " 'wasm-unsafe-eval'" : ""});
  page += html(
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
      "{}{}style-src{}; base-uri 'none'; form-action 'none'\">\n",
      script_sources, Html{has_engine ? "worker-src blob:; " : ""}, hashes(styles));
  page += Html{"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"};
  page += Html{"<meta name=\"color-scheme\" content=\"light dark\">\n"};
  page += html("<title>{}</title>\n", title);
  for (const std::string_view style : styles) page += html("<style>{}</style>\n", Html{std::string(style)});
  page += html("</head>\n<body>\n{}", body);
  for (const std::string_view script : scripts)
    page += html("<script>{}</script>\n", Html{std::string(script)});
  page += Html{"</body>\n</html>\n"};
  return page.markup;
}

Html titled(const std::vector<Section>& sections, std::string_view prefix, int level) {
  Html result;
  for (const Section& section : sections)
    if (!section.body.empty())
      result += html("<section id=\"{0}{1}\">\n<h{2}>{3}</h{2}>\n{4}</section>\n", prefix, section.id, level,
                     section.title, section.body);
  return result;
}

Html with_contents(const std::vector<Section>& sections, std::string_view prefix, int level) {
  Html contents;
  for (const Section& section : sections)
    if (!section.body.empty())
      contents += html("<a href=\"#{}{}\">{}</a>\n", prefix, section.id, section.title);
  return html("<nav class=\"contents\" aria-label=\"Contents\">\n{}</nav>\n{}", contents,
              titled(sections, prefix, level));
}

Html disclosure(std::string_view summary, const Html& content) {
  return html("<details><summary>{}</summary>{}</details>\n", summary, content);
}

Html figure(const Html& content, const Html& caption) {
  return html("<figure>{}<figcaption>{}</figcaption></figure>\n", content, caption);
}

Html table(const std::vector<std::vector<Html>>& rows, size_t words) {
  Html result{"<div class=\"scroll\"><table>\n"};
  for (size_t row = 0; row < rows.size(); ++row) {
    result += Html{row == 0 ? "<thead><tr>" : "<tr>"};
    for (size_t column = 0; column < rows[row].size(); ++column)
      result += html("<{0}{1}>{2}</{0}>", row == 0 ? "th" : "td",
                     Html{column < words ? " class=\"words\"" : ""}, rows[row][column]);
    result += Html{row == 0 ? "</tr></thead>\n<tbody>\n" : "</tr>\n"};
  }
  result += Html{"</tbody></table></div>\n"};
  return result;
}

Html list(const std::vector<std::string>& items) {
  Html result{"<ul>\n"};
  for (const std::string& item : items) result += html("<li>{}</li>\n", item);
  result += Html{"</ul>\n"};
  return result;
}

Html tile(std::string_view value, std::string_view name, std::string_view note) {
  return html("<div class=\"tile\"><b>{}</b><span>{}</span><small>{}</small></div>\n", value, name, note);
}

Html text(std::string_view text) {
  return {escaped(text)};
}

}  // namespace rung::report

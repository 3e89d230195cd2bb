#include "report/search_page.h"

#include <algorithm>

#include "base/text.h"
#include "report/page.h"
#include "search/search_report.h"

namespace rung::report {
namespace {

using search::Candidate;
using search::Search;

constexpr size_t kMostCandidates = 500;  // with their recipes: the newest, and the front

Html cost_cell(const Search& search, const Candidate& one) {
  return text(search::cost_number(search.plan().goal.minimise, one.cost));
}

Html front_section(const Search& search, Page& page) {
  const std::string cost(search::words_of(search.plan().goal.minimise));
  Chart chart{.title = "held-out loss by cost",
              .x = {cost, Scale::kAmount},
              .y = {"loss of the held-out images", Scale::kLogarithmic},
              .series = {},
              .target = {}};
  Points quick, longer, full, front, claimed;
  for (const Candidate& one : search.candidates()) {
    if (!one.full.empty()) {
      full.emplace_back(one.cost, one.loss());
    } else if (one.longer) {
      longer.emplace_back(one.cost, one.longer->loss);
    } else if (one.quick) {
      quick.emplace_back(one.cost, one.quick->loss);
    }
  }
  for (const size_t one : full_front(search.candidates()))
    front.emplace_back(search.candidates()[one].cost, search.candidates()[one].loss());
  for (const search::Claim& claim : search.claims())
    if (claim.holds)
      claimed.emplace_back(search.candidates()[claim.candidate].cost,
                           search.candidates()[claim.candidate].loss());
  // The first is drawn above the others.
  const Series all[] = {{"claimed", claimed, 2, Series::Style::kMark},
                        {"front", front, 1, Series::Style::kSteps},
                        {"all epochs", full, 0, Series::Style::kMark},
                        {"three eighths", longer, 3, Series::Style::kHollow},
                        {"an eighth of the epochs", quick, 5, Series::Style::kHollow}};
  for (const Series& series : all)
    if (!series.points.empty()) chart.series.push_back(series);
  if (chart.series.empty()) return {};
  return figure(
      html("<div class=\"tall\">{}</div>", page.chart(chart)),
      html(
          "Every candidate: what it costs ({}) and its loss on the held-out images after the last epoch that "
          "it was trained for. Those with all epochs that are left of and below all others form the front.",
          cost));
}

Html claims_section(const Search& search) {
  std::vector<std::string> sentences;
  for (const search::Claim& claim : search.claims()) sentences.push_back(claim_sentence(search, claim));
  if (sentences.empty()) return {};
  const std::string& ending = search.claims_ending();
  Html section = list(sentences);
  if (!ending.empty()) section += html("<p>No more were claimed: {}.</p>\n", ending);
  return section;
}

Html front_table(const Search& search) {
  std::vector<std::vector<Html>> rows{
      {text("candidate"), text("changed"), text(search::words_of(search.plan().goal.minimise)),
       text("held-out loss"), text("accuracy, %"), text("seeds"), text("of the test images")}};
  for (const size_t index : full_front(search.candidates())) {
    const Candidate& one = search.candidates()[index];
    rows.push_back({html("<a href=\"#{}\">{}</a>", one.name(), one.name()),
                    text(changes_from_start(search, index)), cost_cell(search, one),
                    html("{:.4f}", one.loss()), html("{:.2f}", one.accuracy()), html("{}", one.full.size()),
                    text(claim_cell(search, index))});
  }
  return rows.size() == 1 ? Html{} : table(rows, 2);
}

Html kinds_section(const Search& search) {
  std::vector<std::vector<Html>> rows{{text("change"), text("candidates"), text("trained for all epochs"),
                                       text("in the lines of the front")}};
  for (const search::KindResult& result : kind_results(search)) {
    if (result.tried == 0) continue;
    rows.push_back({text(name_of(result.kind)), html("{}", result.tried), html("{}", result.promoted),
                    html("{}", result.front)});
  }
  return rows.size() == 1 ? Html{} : table(rows);
}

std::string result_text(const Candidate& one) {
  if (one.diverged) return "diverged";
  if (!one.full.empty()) return fmt::format("loss {:.4f}, {:.2f} %", one.loss(), one.accuracy());
  const auto& longest = one.longer ? one.longer : one.quick;
  if (!longest) return "not trained yet";
  return fmt::format("loss {:.4f}, {:.2f} % after {} of the epochs", longest->loss, longest->accuracy,
                     one.longer ? "three eighths" : "an eighth");
}

// The newest first, each with its recipe behind a click.
Html candidates_section(const Search& search) {
  const auto& all = search.candidates();
  const std::vector<size_t> front = full_front(all);
  const size_t first = all.size() - std::min(all.size(), kMostCandidates);
  Html section;
  if (first > 0)
    section =
        html("<p class=\"lead\">The newest {} of {}, and those of the front; candidates.json has all.</p>\n",
             kMostCandidates, all.size());
  for (size_t i = all.size(); i-- > 0;) {
    if (i < first && std::ranges::find(front, i) == front.end()) continue;
    const Candidate& one = all[i];
    const std::string parent = one.parent ? fmt::format(", from {}", all[*one.parent].name()) : "";
    section += html("<div id=\"{}\">", one.name());
    section += disclosure(fmt::format("{}{}: {}. {}, {}", one.name(), parent, one.change(),
                                      cost_text(search.plan().goal.minimise, one.cost), result_text(one)),
                          html("<pre>{}</pre>", recipe::to_toml(one.recipe)));
    section += html("</div>\n");
  }
  return section;
}

}  // namespace

std::string search_page(const Search& search) {
  const std::string title = search_title(search);
  Page page(title);
  page.add(html("<header>\n<h1>{}</h1>\n<p class=\"lead\">{}</p>\n</header>\n", title, summary(search)));
  page.add(with_contents({{"claims", "Claims", claims_section(search)},
                          {"front", "Cost and loss", front_section(search, page)},
                          {"best", "The front", front_table(search)},
                          {"changes", "What mattered", kinds_section(search)},
                          {"candidates", "Candidates", candidates_section(search)}},
                         "", 2));
  return page.finish();
}

}  // namespace rung::report

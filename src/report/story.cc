#include "report/story.h"

#include <algorithm>

#include "base/text.h"
#include "ladder/markdown.h"
#include "ladder/reference.h"
#include "ladder/results.h"
#include "nn/infer.h"

namespace rung::report {
namespace {

Html target_list(const Exhibit& exhibit) {
  if (exhibit.targets.empty())
    return html("<p>{}</p>\n", exhibit.run.finished ? "The recipe states none." : "Not judged yet.");
  Html items{"<ul class=\"targets\">\n"};
  for (const ladder::TargetResult& result : exhibit.targets) {
    items += html("<li><b class=\"{}\">{}</b> {} ({})</li>\n",
                  !result.met   ? ""
                  : *result.met ? "good"
                                : "bad",
                  !result.met   ? "– open"
                  : *result.met ? "✓ met"
                                : "✗ missed",
                  result.target.text, ladder::measured_text(result, exhibit.run.record));
  }
  items += Html{"</ul>\n"};
  return items;
}

Html results_table(const Exhibit& exhibit) {
  const auto [reference, remark] = ladder::reference_beside(exhibit.run.recipe);
  std::vector<std::vector<Html>> rows{{text("accuracy, %"), text("here")}};
  if (reference) rows.front().push_back(text(reference->source));
  for (const auto& result : ladder::result_rows(exhibit.run.record, reference, exhibit.run.finished)) {
    rows.push_back({text(result.what), html("{:.2f}", result.accuracy)});
    if (reference) rows.back().push_back(result.reference ? html("{:.2f}", *result.reference) : text(""));
  }
  return table(rows) += remark.empty() ? Html{} : html("<p class=\"lead\">{}</p>\n", remark);
}

std::vector<std::string> findings(const Exhibit& exhibit) {
  std::vector<std::string> sentences = exhibit.analysis->sentences;
  if (exhibit.against_previous)
    sentences.push_back(ladder::significance_sentence(*exhibit.against_previous, exhibit.previous));
  return sentences;
}

// The epoch chosen by validation, or by the test set without a validation split.
Html best_tile(const train::RunRecord& record) {
  const train::EpochRecord& chosen = record.chosen();
  return tile(fmt::format("{:.2f} %", chosen.test_accuracy),
              chosen.validation ? "test accuracy, best validation" : "best epoch",
              fmt::format("epoch {}, chosen on the {}", chosen.epoch,
                          chosen.validation ? "validation images" : "test set"));
}

}  // namespace

std::string title_of(const Exhibit& exhibit) {
  return exhibit.run.record.title.empty() ? exhibit.run.name : exhibit.run.record.title;
}

int64_t targets_met(const Exhibit& exhibit) {
  return std::count_if(exhibit.targets.begin(), exhibit.targets.end(),
                       [](const auto& target) { return target.met == std::optional(true); });
}

std::string last_accuracy(const train::RunRecord& record) {
  const std::string accuracy = fmt::format("{:.2f}", record.final_test_accuracy());
  return record.test_images == 0 ? accuracy
                                 : fmt::format("{} ± {:.2f}", accuracy, ladder::standard_error(record));
}

std::string machine_text(const train::Machine& machine) {
  if (machine.cpu.empty()) return "";
  return fmt::format("{}, {}, {}", machine.cpu, counted(static_cast<size_t>(machine.threads), "thread"),
                     machine.simd);
}

Html headline(const Exhibit& exhibit) {
  const train::RunRecord& record = exhibit.run.record;
  Html result;
  if (!exhibit.run.recipe.description.empty())
    result += html("<p class=\"lead\">{}</p>\n", exhibit.run.recipe.description);
  for (const std::string& remark : exhibit.remarks) result += html("<p class=\"note\">{}</p>\n", remark);
  result += Html{"<div class=\"tiles\">\n"};
  result += tile(fmt::format("{:.2f} %", record.final_test_accuracy()), "test accuracy, last epoch",
                 record.test_images == 0
                     ? ""
                     : fmt::format("± {:.2f}, one standard error", ladder::standard_error(record)));
  result += best_tile(record);
  result +=
      tile(with_commas(record.params), "parameters",
           fmt::format("{} multiply-accumulates", with_commas(nn::infer(exhibit.run.recipe.model).macs)));
  if (exhibit.run.finished)
    result += tile(fmt::format("{:+.2f}", record.overfitting_gap()), "training minus test, points",
                   "both in evaluation mode");
  result += tile(fmt::format("{:.1f} s", record.train_seconds()), "training time",
                 fmt::format("{} epochs", record.epochs.size()));
  if (!exhibit.targets.empty())
    result += tile(fmt::format("{} of {}", targets_met(exhibit), exhibit.targets.size()), "targets met", "");
  result += Html{"</div>\n"};
  return result;
}

std::vector<Section> story_sections(const Exhibit& exhibit) {
  std::vector<Section> sections;
  if (!exhibit.changes.empty())
    sections.push_back(
        {"changes", fmt::format("What changed from {}", exhibit.previous), list(exhibit.changes)});
  sections.push_back({"targets", "Targets", target_list(exhibit)});
  sections.push_back({"results", "Results", results_table(exhibit)});
  if (exhibit.analysis) sections.push_back({"analysis", "Analysis", list(findings(exhibit))});
  return sections;
}

}  // namespace rung::report

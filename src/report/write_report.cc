#include "report/write_report.h"

#include <iterator>
#include <span>

#include "base/error.h"
#include "base/file.h"
#include "base/require.h"
#include "data/arrange.h"
#include "ladder/comparable.h"
#include "report/comparison_page.h"
#include "report/ladder_page.h"
#include "report/page.h"
#include "report/run_sections.h"
#include "report/story.h"

namespace rung::report {
namespace {

std::string run_page(const Exhibit& exhibit) {
  Page page(title_of(exhibit));
  page.add(html("<header>\n<h1>{}</h1>\n{}</header>\n", title_of(exhibit), headline(exhibit)));
  std::vector<Section> sections = story_sections(exhibit);
  std::vector<Section> details = detail_sections(exhibit, page);
  std::move(details.begin(), details.end(), std::back_inserter(sections));
  page.add(with_contents(sections, "", 2));
  return page.finish();
}

// With the data's hashes, which tell whether it is still that of a run.
Shelf hashed(const Shelf& shelf) {
  Shelf result = shelf;
  for (auto& [name, images] : result)
    if (images.data != nullptr) images.sha256 = data::sha256(*images.data);
  return result;
}

// Runs are compared on the same test images, in a ladder too.
void require_same_dataset(std::span<const StoredRun> runs) {
  const StoredRun& first = runs.front();
  for (const StoredRun& run : runs) {
    constexpr auto kTest = recipe::Metric::kFinalTestAccuracy;
    if (ladder::same_images(kTest, first.recipe.dataset, run.recipe.dataset)) continue;
    if (run.recipe.dataset.name == first.recipe.dataset.name)
      throw UsageError(fmt::format("{} and {} were tested on different images of {}", first.folder.string(),
                                   run.folder.string(), run.recipe.dataset.name),
                       "runs are compared on the same test images");
    throw UsageError(fmt::format("{} was trained on {}, but {} on {}", first.folder.string(),
                                 first.recipe.dataset.name, run.folder.string(), run.recipe.dataset.name),
                     "runs are compared on the same test images");
  }
}

}  // namespace

std::string make_report(std::vector<StoredRun> runs, bool as_ladder, const Shelf& shelf, ThreadPool& pool) {
  RUNG_REQUIRE(!runs.empty());
  require_same_dataset(runs);
  tell_apart(runs);
  const bool one_after_the_other = as_ladder || runs.size() > 2;
  const Shelf datasets = hashed(shelf);
  std::vector<Exhibit> exhibits;
  for (StoredRun& run : runs) {
    RUNG_REQUIRE(datasets.contains(data::arrangement_of(run.recipe.dataset)));
    const Images& images = datasets.at(data::arrangement_of(run.recipe.dataset));
    const Exhibit* previous = one_after_the_other && !exhibits.empty() ? &exhibits.back() : nullptr;
    exhibits.push_back(examine(std::move(run), images, previous, pool));
  }
  if (one_after_the_other) return ladder_page(exhibits);
  return exhibits.size() == 1 ? run_page(exhibits[0]) : comparison_page(exhibits[0], exhibits[1]);
}

void write_report(const std::filesystem::path& folder, const data::Dataset& data, ThreadPool& pool) {
  std::vector<StoredRun> runs;
  for (const std::filesystem::path& run : find_runs(std::vector{folder})) runs.push_back(load_run(run));
  const Shelf shelf{{data::arrangement_of(runs.front().recipe.dataset), {&data, ""}}};
  replace_file(folder / kReportFile, make_report(std::move(runs), !is_run(folder), shelf, pool));
}

}  // namespace rung::report

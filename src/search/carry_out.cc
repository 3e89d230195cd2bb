#include "search/carry_out.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <numeric>
#include <string>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "ladder/run.h"
#include "sweep/dispatch.h"
#include "train/run_directory.h"

namespace rung::search {
namespace {

struct Stored {
  std::optional<train::RunRecord> record;
  bool diverged = false;
};

// What the folder says of a run that is over.
Stored stored(const Errand& errand) {
  const std::filesystem::path file = errand.folder / train::kRecipeFile;
  if (!is_there(file) || read_text_file(file, recipe::kMaxFileBytes) != recipe::to_toml(errand.recipe))
    return {};
  if (is_there(errand.folder / train::kResultFile))
    return {.record = ladder::find_result(errand.folder, errand.recipe)};
  return {.record = {}, .diverged = is_there(errand.folder / train::kDivergedFile)};
}

// Seconds that so many workers take for tasks that are handed out in this order.
double makespan(std::span<const double> seconds, size_t workers) {
  std::vector<double> busy_until(workers, 0);
  for (const double task : seconds) *std::ranges::min_element(busy_until) += task;
  return std::ranges::max(busy_until);
}

}  // namespace

Carried carry_out(std::span<const Errand> errands, size_t workers, std::span<sweep::Crew* const> crews,
                  const CarryObserver& observer) {
  Carried carried;
  carried.records.resize(errands.size());
  std::vector<size_t> order(errands.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, std::greater<>(), [&](size_t i) { return errands[i].seconds; });
  std::deque<size_t> left;
  for (const size_t i : order) {
    Stored found = stored(errands[i]);
    carried.records[i] = std::move(found.record);
    if (!carried.records[i] && !found.diverged) left.push_back(i);
  }
  carried.is_new = !left.empty();
  size_t over = errands.size() - left.size();
  std::string failure;
  sweep::Dispatch dispatch(std::move(left), [&](size_t i) {
    return sweep::Task{i, errands[i].recipe, errands[i].folder};
  });
  const sweep::DispatchObserver watcher{
      .on_end =
          [&](const sweep::Report& report) {
            ++over;
            if (report.end == sweep::End::kFinished) carried.records[report.index] = report.record;
            if (report.end == sweep::End::kFailed) failure = report.message;
          },
      .on_progress =
          [&](size_t /*busy*/, double /*under_way*/) {
            if (observer.on_progress) observer.on_progress(over);
          },
      .should_stop = [&] { return !failure.empty() || (observer.should_stop && observer.should_stop()); }};
  try {
    dispatch.run(crews, watcher);
  } catch (const ladder::Stopped&) {
    if (failure.empty()) throw;
  }
  if (!failure.empty()) throw Error(fmt::format("a run failed twice: {}", printable(failure)));
  std::vector<double> seconds;
  for (const size_t i : order)  // what a run takes that diverges is not recorded
    seconds.push_back(carried.records[i] ? carried.records[i]->total_seconds() : errands[i].seconds);
  carried.elapsed = makespan(seconds, workers);
  return carried;
}

}  // namespace rung::search

#include "bench/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "bench/child.h"
#include "bench/samples.h"
#include "bench/temporary_folder.h"
#include "kernels/simd.h"

namespace rung::bench {
namespace {

using nlohmann::ordered_json;

constexpr double kLadderImages = 16 * 60000.0;  // per step
const std::vector<std::string> kNumbers = {"images_per_second", "peak_rss_mib", "first_batch_seconds"};

std::vector<std::string> rung_command(const ComparisonOptions& options, int step, int threads) {
  return {options.rung,
          "bench",
          fmt::format("step{}", step),
          "--threads",
          fmt::format("{}", threads),
          "--seconds",
          fmt::format("{}", options.seconds),
          "--json"};
}

std::vector<std::string> with(std::vector<std::string> command, const std::vector<std::string>& more) {
  command.insert(command.end(), more.begin(), more.end());
  return command;
}

// Forcing AVX2 is useful only if there is something better.
bool has_more_than_avx2() {
  const auto targets = kernels::simd_targets();
  return std::find(targets.begin(), targets.end(), "avx2") > targets.begin() &&
         std::find(targets.begin(), targets.end(), "avx2") != targets.end();
}

Series peer_series(const ComparisonOptions& options, const Peer& peer, int step) {
  if (!peer.missing.empty()) return {.name = peer.name, .command = {}, .missing = peer.missing};
  const auto command = command_for(peer, step, options.tasks / fmt::format("step{}", step));
  return {.name = peer.name,
          .command = with(command, {"--threads", fmt::format("{}", options.threads), "--seconds",
                                    fmt::format("{}", options.seconds), "--json"})};
}

StepResult prepare(const ComparisonOptions& options, int step) {
  const auto rung = rung_command(options, step, options.threads);
  const auto single = rung_command(options, step, 1);
  StepResult result = {
      .step = step,
      .rung = {.name = "rung", .command = rung},
      .rung_avx2 = {.name = "rung_avx2", .command = with(rung, {"--simd", "avx2", "--no-peak"})},
      .rung_single = {.name = "rung_1_thread", .command = with(single, {"--no-peak"})},
      .peers = {}};
  for (const Peer& peer : options.peers) result.peers.push_back(peer_series(options, peer, step));
  return result;
}

void run_once(Series& series, const ComparisonObserver& observer) {
  if (!series.error.empty() || !series.missing.empty()) return;
  try {
    series.runs.push_back(run_json_child(series.command, kNumbers));
  } catch (const ChildError& error) {
    series.error = error.what();
    observer.on_error(series.error);
  }
}

// Rung runs in the middle, so that no peer runs long before or after it.
void run_round(StepResult& step, const ComparisonObserver& observer) {
  const size_t half = (step.peers.size() + 1) / 2;
  run_once(step.rung_single, observer);
  for (size_t i = 0; i < half; ++i) run_once(step.peers[i], observer);
  run_once(step.rung, observer);
  for (size_t i = half; i < step.peers.size(); ++i) run_once(step.peers[i], observer);
  if (has_more_than_avx2()) run_once(step.rung_avx2, observer);
}

LadderResult climb(const ComparisonOptions& options) {
  const TemporaryFolder folder;
  LadderResult result;
  try {
    result.seconds.push_back(
        run_child({options.rung, "climb", "step1", "step2", "step3", "step4", "step5", "--threads",
                   fmt::format("{}", options.threads), "--out", (folder.path() / "climb").string()})
            .seconds);
  } catch (const ChildError& error) {
    result.error = error.what();
  }
  return result;
}

void add_spread(ordered_json& object, const std::string& name, const std::vector<double>& values) {
  if (!values.empty()) object[name] = to_json(spread_of(values));
}

ordered_json to_json(const Series& series) {
  if (!series.missing.empty()) return {{"missing", series.missing}};
  ordered_json object = {{"command", series.command}};
  if (!series.version().empty()) object["version"] = series.version();
  for (const char* name : {"images_per_second", "gflops", "peak_rss_mib", "first_batch_seconds"})
    add_spread(object, name, series.figures(name));
  add_spread(object, "share_of_peak", ratios(series.figures("gflops"), series.figures("peak_gflops")));
  object["runs"] = series.runs;
  if (!series.error.empty()) object["error"] = series.error;
  return object;
}

ordered_json to_json(const StepResult& step) {
  ordered_json object = {{"step", step.step}};
  const auto speed = [](const Series& series) { return series.figures("images_per_second"); };
  add_spread(object, "threads_to_1_thread", ratios(speed(step.rung), speed(step.rung_single)));
  for (const Series* series : {&step.rung, &step.rung_avx2, &step.rung_single})
    object[series->name] = to_json(*series);
  object["peers"] = ordered_json::object();
  for (const Series& peer : step.peers) {
    ordered_json& figures = object["peers"][peer.name] = to_json(peer);
    add_spread(figures, "rung_to_peer", ratios(speed(step.rung), speed(peer)));
    add_spread(figures, "rung_avx2_to_peer", ratios(speed(step.rung_avx2), speed(peer)));
  }
  return object;
}

ordered_json ladder_json(const Comparison& comparison) {
  ordered_json object = {{"seconds", comparison.ladder->seconds}};
  if (!comparison.ladder->error.empty()) object["error"] = comparison.ladder->error;
  const auto flop = ladder_flop(comparison);
  const auto peak = peaks(comparison);
  if (!flop || peak.empty()) return object;
  const double arithmetic = *flop / spread_of(peak).median * 1e-9;
  object["tflop"] = *flop * 1e-12;
  object["seconds_at_peak"] = arithmetic;
  if (!comparison.ladder->seconds.empty())
    object["to_seconds_at_peak"] = spread_of(comparison.ladder->seconds).median / arithmetic;
  return object;
}

}  // namespace

std::vector<double> Series::figures(const std::string& figure) const {
  std::vector<double> values;
  for (const ordered_json& run : runs) {
    if (run.contains(figure) && run[figure].is_number()) values.push_back(run[figure].get<double>());
  }
  return values;
}

std::string Series::version() const {
  return runs.empty() ? "" : runs.front().value("version", "");
}

std::vector<const Series*> StepResult::all() const {
  std::vector<const Series*> series = {&rung, &rung_avx2, &rung_single};
  for (const Series& peer : peers) series.push_back(&peer);
  return series;
}

std::vector<std::string> Comparison::errors() const {
  std::vector<std::string> found;
  for (const StepResult& step : steps) {
    for (const Series* series : {&step.rung, &step.rung_avx2, &step.rung_single})
      if (!series->error.empty()) found.push_back(series->error);
  }
  if (ladder && !ladder->error.empty()) found.push_back(ladder->error);
  return found;
}

Comparison compare(const ComparisonOptions& options, const ComparisonObserver& observer) {
  Comparison comparison;
  for (const int step : options.steps) {
    comparison.steps.push_back(prepare(options, step));
    if (need_task(options.peers)) options.write_task(step, options.tasks / fmt::format("step{}", step));
    for (int round = 1; round <= options.rounds; ++round) {
      observer.on_progress(fmt::format("step {}, round {} of {}", step, round, options.rounds));
      run_round(comparison.steps.back(), observer);
    }
  }
  if (!options.ladder) return comparison;
  observer.on_progress("the whole ladder");
  comparison.ladder = climb(options);
  if (!comparison.ladder->error.empty()) observer.on_error(comparison.ladder->error);
  return comparison;
}

std::optional<double> flop_per_image(const StepResult& step) {
  const auto flop = ratios(step.rung.figures("gflops"), step.rung.figures("images_per_second"));
  if (flop.empty()) return std::nullopt;
  return spread_of(flop).median * 1e9;
}

std::optional<double> ladder_flop(const Comparison& comparison) {
  if (comparison.steps.size() != 5) return std::nullopt;
  double sum = 0;
  for (const StepResult& step : comparison.steps) {
    const auto flop = flop_per_image(step);
    if (!flop) return std::nullopt;
    sum += *flop * kLadderImages;
  }
  return sum;
}

std::vector<double> peaks(const Comparison& comparison) {
  std::vector<double> all;
  for (const StepResult& step : comparison.steps) {
    const auto measured = step.rung.figures("peak_gflops");
    all.insert(all.end(), measured.begin(), measured.end());
  }
  return all;
}

std::vector<double> disturbances(const Comparison& comparison) {
  std::vector<double> all;
  for (const StepResult& step : comparison.steps) {
    for (const Series* series : step.all()) {
      const auto others = series->figures("others");
      all.insert(all.end(), others.begin(), others.end());
    }
  }
  return all;
}

ordered_json to_json(const Comparison& comparison) {
  ordered_json object;
  add_spread(object, "others", disturbances(comparison));
  add_spread(object, "peak_gflops", peaks(comparison));
  object["steps"] = ordered_json::array();
  for (const StepResult& step : comparison.steps) object["steps"].push_back(to_json(step));
  if (comparison.ladder) object["ladder"] = ladder_json(comparison);
  return object;
}

}  // namespace rung::bench

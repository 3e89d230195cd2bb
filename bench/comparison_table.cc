#include "bench/comparison_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "bench/aligned_table.h"
#include "bench/samples.h"

namespace rung::bench {
namespace {

using Rows = std::vector<std::vector<std::string>>;

constexpr double kQuiet = 0.1;  // of a processor

std::string cell(const std::vector<double>& values, int decimals) {
  return values.empty() ? "-" : to_text(spread_of(values), decimals);
}

std::string median(const std::vector<double>& values, int decimals) {
  return values.empty() ? "-" : fmt::format("{:.{}f}", spread_of(values).median, decimals);
}

std::vector<double> speed(const Series& series) {
  return series.figures("images_per_second");
}

std::vector<double> percent_of_peak(const Series& series) {
  auto share = ratios(series.figures("gflops"), series.figures("peak_gflops"));
  for (double& value : share) value *= 100;
  return share;
}

std::string speed_table(const Comparison& comparison) {
  Rows rows = {{"step", "images/s", "GFLOP/s", "% of FMA peak", "peak MiB", "first batch s"}};
  for (const StepResult& step : comparison.steps) {
    rows.push_back({fmt::format("{}", step.step), cell(speed(step.rung), 0),
                    median(step.rung.figures("gflops"), 0), cell(percent_of_peak(step.rung), 1),
                    cell(step.rung.figures("peak_rss_mib"), 0),
                    cell(step.rung.figures("first_batch_seconds"), 2)});
  }
  return aligned(rows);
}

std::vector<std::string> peer_row(const StepResult& step, const Series& peer) {
  std::string label = fmt::format("{}  {}", step.step, peer.name);
  if (!peer.missing.empty()) return {std::move(label), "missing", "-", "-", "-", "-"};
  if (peer.runs.empty() && !peer.error.empty()) return {std::move(label), "failed", "-", "-", "-", "-"};
  return {std::move(label),
          cell(speed(peer), 0),
          cell(ratios(speed(step.rung), speed(peer)), 1),
          cell(ratios(speed(step.rung_avx2), speed(peer)), 1),
          cell(peer.figures("peak_rss_mib"), 0),
          cell(peer.figures("first_batch_seconds"), 2)};
}

std::string peer_table(const Comparison& comparison) {
  Rows rows = {{"step, peer", "images/s", "Rung / peer", "AVX2 Rung / peer", "peak MiB", "first batch s"}};
  for (const StepResult& step : comparison.steps) {
    for (const Series& peer : step.peers) rows.push_back(peer_row(step, peer));
  }
  return rows.size() > 1 ? aligned(rows) + '\n' : "";
}

// Which version every peer has, why it is missing, and in which steps it failed.
std::string peer_notes(const Comparison& comparison) {
  std::map<std::string, std::vector<std::string>> notes;
  for (const StepResult& step : comparison.steps) {
    for (const Series& peer : step.peers) {
      auto& known = notes[peer.name];
      const auto add = [&](const std::string& note) {
        if (std::find(known.begin(), known.end(), note) == known.end()) known.push_back(note);
      };
      if (!peer.missing.empty()) add("missing: " + peer.missing);
      if (!peer.version().empty()) add(peer.version());
      if (!peer.error.empty()) add(fmt::format("failed in step {}: {}", step.step, peer.error));
    }
  }
  std::string text;
  for (const auto& [name, known] : notes) text += fmt::format("{}: {}\n", name, fmt::join(known, "; "));
  return notes.empty() ? "" : text + '\n';
}

std::string variants_table(const Comparison& comparison) {
  Rows rows = {{"step", "AVX2 images/s", "1 thread images/s", "all threads / 1 thread"}};
  for (const StepResult& step : comparison.steps) {
    rows.push_back({fmt::format("{}", step.step), cell(speed(step.rung_avx2), 0),
                    cell(speed(step.rung_single), 0),
                    cell(ratios(speed(step.rung), speed(step.rung_single)), 2)});
  }
  return aligned(rows);
}

// GB/s, by level, of all runs that measured it.
std::vector<double> bandwidth(const Comparison& comparison, const std::string& level) {
  std::vector<double> all;
  for (const StepResult& step : comparison.steps) {
    for (const auto& run : step.rung.runs) {
      const auto found = run.find("bandwidth_gbs");
      if (found != run.end() && found->is_object() && found->contains(level) && (*found)[level].is_number())
        all.push_back((*found)[level].get<double>());
    }
  }
  return all;
}

std::string machine_line(const Comparison& comparison) {
  return fmt::format("FMA peak {} GFLOP/s; reads from L2 {}, L3 {}, memory {} GB/s\n",
                     cell(peaks(comparison), 0), median(bandwidth(comparison, "l2"), 0),
                     median(bandwidth(comparison, "l3"), 0), median(bandwidth(comparison, "memory"), 0));
}

// Threads that wait for each other suffer most from other programs, a peer's more than Rung's, and no
// median removes that.
std::string disturbance_line(const Comparison& comparison) {
  const auto others = disturbances(comparison);
  if (others.empty() || spread_of(others).max < kQuiet) return "";
  return fmt::format(
      "WARNING: other programs kept {} processors busy meanwhile. Repeat this on a quiet machine.\n",
      to_text(spread_of(others), 2));
}

std::string ladder_line(const Comparison& comparison) {
  if (!comparison.ladder || comparison.ladder->seconds.empty()) return "";
  const double seconds = spread_of(comparison.ladder->seconds).median;
  std::string line = fmt::format("The whole ladder, 16 epochs with evaluation: {:.1f} s\n", seconds);
  const auto flop = ladder_flop(comparison);
  const auto peak = peaks(comparison);
  if (!flop || peak.empty()) return line;
  const double arithmetic = *flop * 1e-9 / spread_of(peak).median;
  return line +
         fmt::format("Its training's arithmetic is {:.1f} TFLOP: {:.1f} s at the peak; {:.2f} times that\n",
                     *flop * 1e-12, arithmetic, seconds / arithmetic);
}

}  // namespace

std::string comparison_table(const Comparison& comparison) {
  return speed_table(comparison) + '\n' + peer_table(comparison) + peer_notes(comparison) +
         variants_table(comparison) + '\n' + machine_line(comparison) + ladder_line(comparison) +
         disturbance_line(comparison);
}

}  // namespace rung::bench

#include "bench/comparison_table.h"

#include <fmt/format.h>

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
  Rows rows = {{"step", "images/s", "GFLOP/s", "% of FMA peak"}};
  for (const StepResult& step : comparison.steps) {
    rows.push_back({fmt::format("{}", step.step), cell(speed(step.rung), 0),
                    median(step.rung.figures("gflops"), 0), cell(percent_of_peak(step.rung), 1)});
  }
  return aligned(rows);
}

std::string peer_table(const Comparison& comparison) {
  Rows rows = {{"step", "libtorch images/s", "Rung / libtorch", "tuned images/s", "Rung / tuned"}};
  for (const StepResult& step : comparison.steps) {
    rows.push_back({fmt::format("{}", step.step), cell(speed(step.torch), 0),
                    cell(ratios(speed(step.rung), speed(step.torch)), 1), cell(speed(step.torch_tuned), 0),
                    cell(ratios(speed(step.rung), speed(step.torch_tuned)), 1)});
  }
  return aligned(rows);
}

std::string variants_table(const Comparison& comparison) {
  Rows rows = {{"step", "AVX2 images/s", "AVX2 / libtorch", "1 thread images/s", "all threads / 1 thread"}};
  for (const StepResult& step : comparison.steps) {
    rows.push_back({fmt::format("{}", step.step), cell(speed(step.rung_avx2), 0),
                    cell(ratios(speed(step.rung_avx2), speed(step.torch)), 1),
                    cell(speed(step.rung_single), 0),
                    cell(ratios(speed(step.rung), speed(step.rung_single)), 2)});
  }
  return aligned(rows);
}

std::string memory_table(const Comparison& comparison) {
  Rows rows = {
      {"step", "Rung peak MiB", "libtorch peak MiB", "Rung first batch s", "libtorch first batch s"}};
  for (const StepResult& step : comparison.steps) {
    rows.push_back({fmt::format("{}", step.step), cell(step.rung.figures("peak_rss_mib"), 0),
                    cell(step.torch.figures("peak_rss_mib"), 0),
                    cell(step.rung.figures("first_batch_seconds"), 2),
                    cell(step.torch.figures("first_batch_seconds"), 2)});
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

// Threads that wait for each other suffer most from other programs, libtorch's more than Rung's, and no
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
  return speed_table(comparison) + '\n' + peer_table(comparison) + '\n' + variants_table(comparison) + '\n' +
         memory_table(comparison) + '\n' + machine_line(comparison) + ladder_line(comparison) +
         disturbance_line(comparison);
}

}  // namespace rung::bench

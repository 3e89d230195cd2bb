// rung bench RECIPE: how fast it trains, compared with the machine's peak. (bench_inference.h: how fast it
// answers.)
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "base/text.h"
#include "bench_inference.h"
#include "commands.h"
#include "kernels/peak.h"
#include "kernels/simd.h"
#include "ladder/run.h"
#include "ladder/teacher.h"
#include "nn/cost.h"
#include "nn/training_pass.h"
#include "options.h"
#include "table.h"
#include "terminal.h"

namespace rung::app {
namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::ordered_json;

constexpr int kWarmUpBatches = 20;
constexpr optim::Rates kRates{.lr = 1e-3, .momentum = 0.9};  // a schedule could end before the time is up
// Bytes that each thread reads: so few that the second-level or the last-level cache holds them, on the
// machines this was made for; and what all threads together read, too much for either.
constexpr size_t kL2Bytes = size_t{1} << 20;
constexpr size_t kL3Bytes = size_t{16} << 20;
constexpr size_t kMemoryBytes = size_t{1} << 30;

struct Options {
  std::string recipe;
  EngineOptions engine;
  double seconds = 5;
  bool profile = false;
  OutputOptions output;
  bool no_peak = false;
  bool inference = false;
};

struct Measurement {
  double images_per_second = 0;  // median over the epochs' parts
  double first_batch_seconds = 0;
  double peak_rss_mib = 0;
  double gflops = 0;
  std::vector<nn::StepTime> steps;
  int64_t images = 0;   // on which the steps were timed
  int64_t batches = 0;  // that these came in; the last of an epoch may be smaller than the recipe's
  nn::Precision precision = nn::Precision::kFloat32;
};

struct Peak {
  double gflops = 0;
  double l2 = 0, l3 = 0, memory = 0;  // GB/s
};

// Seconds since this process was started, to the system clock tick (10 ms).
double process_seconds() {
  std::ifstream file("/proc/self/stat");
  std::string stat((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::istringstream fields(stat.substr(stat.rfind(')') + 1));
  std::string field;
  for (int i = 3; i <= 22; ++i) fields >> field;  // field 22: start time in clock ticks since boot
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec) -
         std::stod(field) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double peak_rss_mib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024;
  }
  return 0;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

// Thrown out of the training loop when the time is up.
struct TimeIsUp {};

Measurement measure(const recipe::Recipe& recipe, const data::Dataset& data, ThreadPool& pool,
                    const Options& options) {
  train::Trainer trainer(ladder::experiment_with_teachers(recipe), data, pool);
  trainer.use_rates([](int64_t /*step*/) { return kRates; });
  Measurement result;
  result.precision = recipe.training.precision;
  std::vector<double> rates;  // of stretches of about a tenth of the time
  Clock::time_point start;
  Clock::time_point stretch;
  int64_t batches = 0;
  int64_t stretch_images = 0;
  int done_before = 0;
  const auto on_batch = [&](const train::Progress& progress) {
    const int images = progress.images - (progress.batch == 1 ? 0 : done_before);
    done_before = progress.images;
    const auto now = Clock::now();
    if (++batches == 1) result.first_batch_seconds = process_seconds();
    if (batches == kWarmUpBatches) {
      start = stretch = now;
      if (options.profile) trainer.start_profile();
    }
    if (batches <= kWarmUpBatches) return;
    result.images += images;
    ++result.batches;
    stretch_images += images;
    const double passed = std::chrono::duration<double>(now - stretch).count();
    if (passed < options.seconds / 10) return;
    rates.push_back(static_cast<double>(stretch_images) / passed);
    stretch_images = 0;
    stretch = now;
    if (std::chrono::duration<double>(now - start).count() >= options.seconds) throw TimeIsUp();
  };
  try {
    while (true) trainer.train_epoch(on_batch);
  } catch (const TimeIsUp&) {
  }
  result.images_per_second = median(rates);
  result.gflops = nn::training_flop(trainer.plan()) * result.images_per_second * 1e-9;
  result.peak_rss_mib = peak_rss_mib();
  if (options.profile) result.steps = trainer.profile();
  return result;
}

Peak measure_peak(ThreadPool& pool) {
  const size_t share = std::max(4 * kL3Bytes, kMemoryBytes / static_cast<size_t>(pool.size()));
  return {kernels::peak_gflops(pool), kernels::read_bandwidth(pool, kL2Bytes),
          kernels::read_bandwidth(pool, kL3Bytes), kernels::read_bandwidth(pool, share)};
}

// One step of the training pass: its time in a batch, summed over the threads, and what it does in that time.
struct StepRates {
  double seconds = 0;
  double share = 0;  // of the time of all steps
  double flop = 0;   // per batch, as are the bytes
  double bytes = 0;
  double gflops = 0;  // per second, if all threads did only this
  double gbs = 0;
};

StepRates rates_of(const nn::StepTime& step, const nn::Plan& plan, ThreadPool& pool, const Measurement& m) {
  double total = 0;
  for (const nn::StepTime& other : m.steps) total += other.seconds;
  const nn::Cost cost = nn::cost_of(plan, step.step, step.unit, m.precision);
  const auto images = static_cast<double>(m.images);
  const auto batches = static_cast<double>(m.batches);
  return {.seconds = step.seconds / batches,
          .share = step.seconds / total,
          .flop = cost.flop * images / batches,
          .bytes = cost.bytes * images / batches,
          .gflops = cost.flop * images / step.seconds * 1e-9 * pool.size(),
          .gbs = cost.bytes * images / step.seconds * 1e-9 * pool.size()};
}

// Whether the step belongs to a unit, and not to the whole model.
bool is_of_unit(const nn::StepTime& step) {
  return step.step != nn::Step::kPackWeights && step.step != nn::Step::kSumGradients;
}

ordered_json profile_json(const nn::Plan& plan, ThreadPool& pool, const Measurement& m) {
  ordered_json steps = ordered_json::array();
  for (const nn::StepTime& step : m.steps) {
    const StepRates rates = rates_of(step, plan, pool, m);
    steps.push_back({{"step", nn::name_of(step.step)},
                     {"unit", is_of_unit(step) ? ordered_json(step.unit) : nullptr},
                     {"seconds", rates.seconds},
                     {"share", rates.share},
                     {"flop", rates.flop},
                     {"bytes", rates.bytes}});
  }
  return steps;
}

ordered_json to_json(const nn::Plan& plan, const recipe::Recipe& recipe, ThreadPool& pool,
                     const Measurement& m, const Peak& peak) {
  ordered_json json{{"recipe", recipe.name},
                    {"threads", pool.size()},
                    {"simd", kernels::simd_target()},
                    {"precision", name_of(m.precision)},
                    {"images_per_second", m.images_per_second},
                    {"gflops", m.gflops},
                    {"first_batch_seconds", m.first_batch_seconds},
                    {"peak_rss_mib", m.peak_rss_mib}};
  if (peak.gflops > 0) {
    json["peak_gflops"] = peak.gflops;
    json["bandwidth_gbs"] = {{"l2", peak.l2}, {"l3", peak.l3}, {"memory", peak.memory}};
  }
  if (!m.steps.empty()) json["profile"] = profile_json(plan, pool, m);
  return json;
}

void print_summary(const recipe::Recipe& recipe, ThreadPool& pool, const Measurement& m, const Peak& peak) {
  say("{}: {:.0f} images/s, {:.1f} GFLOP/s ({}, {}, {})\n", recipe.name, m.images_per_second, m.gflops,
      counted(static_cast<size_t>(pool.size()), "thread"), kernels::simd_target(), name_of(m.precision));
  if (peak.gflops > 0) {
    say("{:.1f} % of the machine's {:.1f} GFLOP/s; it reads {:.0f} GB/s from L2, {:.0f} from L3, {:.0f} from "
        "memory\n",
        100 * m.gflops / peak.gflops, peak.gflops, peak.l2, peak.l3, peak.memory);
  }
  say("The first batch was done {:.2f} s after the start; at most {:.0f} MiB were resident\n",
      m.first_batch_seconds, m.peak_rss_mib);
}

// A row per step and unit. Times are of one batch, all threads together.
void print_profile(const nn::Plan& plan, ThreadPool& pool, const Measurement& m, const Peak& peak) {
  Table table({{.head = "step", .left = true},
               {.head = ""},
               {.head = "unit", .left = true, .rank = 1},
               {.head = "us/batch"},
               {.head = "%"},
               {.head = "MFLOP", .rank = 3},
               {.head = "MB", .rank = 3},
               {.head = "GFLOP/s", .rank = 2},
               {.head = "% FMA"},
               {.head = "GB/s", .rank = 2},
               {.head = "% L2"}});
  const auto share_of = [](double rate, double most) {
    return most > 0 ? fmt::format("{:.1f}", 100 * rate / most) : "";
  };
  for (const nn::StepTime& step : m.steps) {
    const StepRates rates = rates_of(step, plan, pool, m);
    table.add({std::string(nn::name_of(step.step)), is_of_unit(step) ? std::to_string(step.unit) : "",
               is_of_unit(step) ? nn::describe(plan.units[step.unit]) : "",
               fmt::format("{:.1f}", rates.seconds * 1e6), fmt::format("{:.1f}", 100 * rates.share),
               fmt::format("{:.1f}", rates.flop * 1e-6), fmt::format("{:.2f}", rates.bytes * 1e-6),
               fmt::format("{:.1f}", rates.gflops), share_of(rates.gflops, peak.gflops),
               fmt::format("{:.1f}", rates.gbs), share_of(rates.gbs, peak.l2)});
  }
  say("\n");
  for (const Line& line : table.lines(talk_columns())) say_line(line);
}

void bench(const Options& options) {
  options.output.apply();
  if (options.inference)
    return bench_inference(
        {options.recipe, options.engine, options.seconds, !options.no_peak, options.output.json});
  recipe::Recipe recipe = recipe::load(find_recipe(options.recipe));
  ThreadPool pool = options.engine.make_pool();
  const data::Dataset data = options.engine.load(recipe);
  const Measurement measurement = measure(recipe, data, pool, options);
  const Peak peak = options.no_peak ? Peak{} : measure_peak(pool);
  const nn::Plan plan = nn::make_plan(recipe.model);
  if (options.output.json) return write_json(to_json(plan, recipe, pool, measurement, peak));
  print_summary(recipe, pool, measurement, peak);
  if (options.profile) print_profile(plan, pool, measurement, peak);
}

}  // namespace

void add_bench(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("bench", "Measure how fast a recipe trains, or a model answers");
  command
      ->add_option(
          "RECIPE", options->recipe,
          "A recipe's file, or the name of one of Rung's own (step3); with --inference also a run's folder")
      ->required();
  command->add_option("--seconds", options->seconds, "How long to measure (default: 5)")
      ->check(CLI::Range(0.1, 3600.0))
      ->check(is_duration)
      ->type_name("S");
  CLI::Option* profile = command->add_flag("--profile", options->profile,
                                           "Time, arithmetic and traffic of every step of the training pass");
  command
      ->add_flag(
          "--inference", options->inference,
          "How fast the model answers, for one image and for many, in float32 and in int8; beside ONNX "
          "Runtime, if python3 (or what RUNG_PYTHON names) has it. Needs no dataset")
      ->excludes(profile);
  command->add_flag("--no-peak", options->no_peak, "Do not measure the machine's own limits");
  options->engine.add_to(*command);
  options->output.add_to(*command);
  command->footer("Example:\n  rung bench step3 --profile\n  rung bench runs/step5-seed1 --inference");
  command->callback([options] { bench(*options); });
}

}  // namespace rung::app

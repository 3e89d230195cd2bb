// compare: Rung and its peers on the ladder's steps, as a table and as JSON with every single figure.
// comparison.h says what runs, and in which order. bench/run calls it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>

#include "base/file.h"
#include "bench/child.h"
#include "bench/comparison.h"
#include "bench/comparison_table.h"
#include "bench/machine.h"
#include "bench/peer_task.h"
#include "data/dataset.h"
#include "recipe/recipe.h"

namespace rung::bench {
namespace {

using nlohmann::ordered_json;

struct Options {
  ComparisonOptions comparison;
  std::string peers;
  std::string out;
  std::string commit;
  bool no_ladder = false;
  bool quick = false;
};

void declare(CLI::App& app, Options& options) {
  ComparisonOptions& comparison = options.comparison;
  app.add_option("--rung", comparison.rung, "The program rung")->required();
  auto* tasks = app.add_option("--tasks", comparison.tasks, "Folder for what the peers train on");
  app.add_option("--peers", options.peers, "File that lists the peers (bench/peers.h)")->needs(tasks);
  app.add_option("--rounds", comparison.rounds, "Rounds a step")->check(CLI::Range(1, 1000));
  app.add_option("--seconds", comparison.seconds, "Seconds a run")->check(CLI::PositiveNumber);
  app.add_option("--threads", comparison.threads, "Threads of all")->check(CLI::Range(1, 1024));
  app.add_option("--step", comparison.steps, "Only these steps")->check(CLI::Range(1, 5));
  app.add_option("--out", options.out, "File for the JSON")->take_last();
  app.add_option("--commit", options.commit, "Which source was built, for the JSON");
  app.add_flag("--no-ladder", options.no_ladder, "Do not climb the whole ladder");
  app.add_flag("--quick", options.quick, "A quick look: 1 round of 1 s, no ladder");
}

void write_task(int step, const std::filesystem::path& folder) {
  const auto recipe = recipe::load(fmt::format("{}/recipes/ladder/step{}.toml", RUNG_SOURCE_DIR, step));
  write_peer_task(recipe, data::load_dataset(recipe.dataset.name), folder);
}

ComparisonOptions resolved(const Options& options) {
  ComparisonOptions comparison = options.comparison;
  if (!options.peers.empty()) comparison.peers = read_peers(options.peers);
  comparison.write_task = write_task;
  comparison.ladder = !options.no_ladder && !options.quick;
  if (options.quick) {
    comparison.rounds = 1;
    comparison.seconds = 1;
  }
  return comparison;
}

std::string version_of(const std::string& rung) {
  try {
    const std::string text = run_child({rung, "--version"}).text;
    return text.substr(0, text.find('\n'));
  } catch (const ChildError&) {
    return "unknown";
  }
}

ordered_json header(const Options& options, const ComparisonOptions& comparison) {
  return {
      {"date", utc_now()},
      {"commit", options.commit},
      {"rung", version_of(comparison.rung)},
      {"machine", describe_machine()},
      {"settings",
       {{"rounds", comparison.rounds}, {"seconds", comparison.seconds}, {"threads", comparison.threads}}}};
}

std::string headline(const ordered_json& header, const ComparisonOptions& options) {
  return fmt::format("{}, {}, {} threads; {} rounds of {} s; median (min-max)\n\n",
                     header["machine"]["cpu"].get<std::string>(),
                     header["machine"]["simd"].get<std::string>(), options.threads, options.rounds,
                     options.seconds);
}

int run(const Options& options) {
  const ComparisonOptions settings = resolved(options);
  ordered_json document = header(options, settings);
  const Comparison comparison = compare(
      settings, {.on_progress = [](const std::string& text) { fmt::print(stderr, "{}\n", text); },
                 .on_error = [](const std::string& text) { fmt::print(stderr, "error: {}\n", text); }});
  document.update(to_json(comparison));
  fmt::print("{}{}", headline(document, settings), comparison_table(comparison));
  if (!options.out.empty()) {
    replace_file(options.out, document.dump(2) + "\n");
    fmt::print("\nEvery figure is in {}\n", options.out);
  }
  return comparison.errors().empty() ? 0 : 1;
}

}  // namespace
}  // namespace rung::bench

int main(int argc, char** argv) {
  using namespace rung::bench;
  try {
    CLI::App app("Compares Rung with other libraries on the ladder's steps.", "compare");
    Options options;
    declare(app, options);
    CLI11_PARSE(app, argc, argv);
    return run(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "compare: error: {}\n", error.what());
    return 1;
  }
}

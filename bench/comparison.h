// Rung and its peers side by side: which programs run, in which order, and all their output. The runs of a
// step are interleaved, so that other load on the machine affects all of them equally; ratios are formed
// within a round.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "bench/peers.h"

namespace rung::bench {

struct ComparisonOptions {
  std::string rung;
  std::vector<Peer> peers;
  std::function<void(int step, const std::filesystem::path& folder)> write_task;  // as write_peer_task()
  std::filesystem::path tasks;  // the folder of the tasks' folders
  int rounds = 5;
  double seconds = 5;  // per run
  int threads = 2;
  std::vector<int> steps = {1, 2, 3, 4, 5};
  bool ladder = true;
};

// One program with fixed options, run once per round.
struct Series {
  std::string name;
  std::vector<std::string> command;
  std::string missing{};  // why it cannot run here
  std::vector<nlohmann::ordered_json> runs{};
  std::string error{};  // why there are no more runs; empty if all went well

  std::vector<double> figures(const std::string& name) const;  // one per run that has it
  std::string version() const;                                 // what a run says of it, or nothing
};

struct StepResult {
  int step = 0;
  Series rung;                // best SIMD, all threads
  Series rung_avx2;           // all threads; no runs without AVX2, or with nothing better
  Series rung_single;         // one thread
  std::vector<Series> peers;  // all threads

  std::vector<const Series*> all() const;
};

struct LadderResult {
  std::vector<double> seconds;  // empty if it failed or was left out
  std::string error;
};

struct Comparison {
  std::vector<StepResult> steps;
  std::optional<LadderResult> ladder;

  // Of Rung. A peer that is missing or fails is a result: the table names it.
  std::vector<std::string> errors() const;
};

// `on_progress` gets a line before every round, and `on_error` one for each series that fails; that series
// ends, and the others continue.
struct ComparisonObserver {
  std::function<void(const std::string&)> on_progress;
  std::function<void(const std::string&)> on_error;
};
Comparison compare(const ComparisonOptions& options, const ComparisonObserver& observer);

// Training FLOP of one image, as `rung bench` counts them, by step; none without a run.
std::optional<double> flop_per_image(const StepResult& step);

// FLOP of training the five steps for their 16 epochs; none unless all five were measured.
std::optional<double> ladder_flop(const Comparison& comparison);

// GFLOP/s, of all runs that measured it.
std::vector<double> peaks(const Comparison& comparison);

// By run: how many processors other programs kept busy meanwhile.
std::vector<double> disturbances(const Comparison& comparison);

nlohmann::ordered_json to_json(const Comparison& comparison);

}  // namespace rung::bench

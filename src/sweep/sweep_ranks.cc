// Messages are JSON objects, in CBOR, with a "kind". To a helper: "begin" (of each dataset a recipe and the
// hash), "task", "stop". From it: "ready" (how many runs at once, or why none), "report", "progress"
// (regularly), "leave" (something else told it to end).
#include "sweep/sweep_ranks.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/require.h"
#include "data/arrange.h"
#include "kernels/simd.h"
#include "train/run_record.h"

namespace rung::sweep {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr auto kBetweenLooks = 10ms;
constexpr auto kBetweenProgress = 500ms;

// (CBOR, because texts with any bytes, such as a folder's name, arrive unchanged.)
std::string to_text(const json& message) {
  std::string text;
  json::to_cbor(message, text);
  return text;
}

std::string to_text(const Task& task) {
  return to_text(json{{"kind", "task"},
                      {"index", task.index},
                      {"recipe", recipe::to_toml(task.recipe)},
                      {"folder", std::filesystem::absolute(task.folder).string()}});
}

Task parse_task(const json& message) {
  return {message.at("index").get<size_t>(), recipe::parse(message.at("recipe").get<std::string>(), "task"),
          message.at("folder").get<std::string>()};
}

std::string to_text(const Report& report) {
  json message{{"kind", "report"}, {"index", report.index}, {"end", report.end}, {"message", report.message}};
  if (report.end == End::kFinished) message["result"] = train::to_json(report.record).dump();
  return to_text(message);
}

Report parse_report(const json& message) {
  Report report{.index = message.at("index").get<size_t>(),
                .end = message.at("end").get<End>(),
                .record = {},
                .message = message.at("message").get<std::string>()};
  if (report.end == End::kFinished)
    report.record = train::parse_result(message.at("result").get<std::string>(), "a report");
  return report;
}

// Process 0's side of the handshake; the helper reports problems in "error".
size_t workers_of(const json& ready) {
  const auto machine = ready.at("machine").get<std::string>();
  if (const auto error = ready.at("error").get<std::string>(); !error.empty())
    throw IoError(fmt::format("{}: {}", machine, error));
  const auto simd = ready.at("simd").get<std::string>();
  if (!kernels::same_bits(simd, kernels::simd_target()))
    throw UsageError(fmt::format("{} computes with {}, which gives other bits than {} here", machine, simd,
                                 kernels::simd_target()),
                     "leave that machine out, or choose one instruction set with --simd");
  return ready.at("workers").get<size_t>();
}

// A helper's work, message by message.
class HelperLoop {
 public:
  HelperLoop(Processes& processes, const Helper& helper) : processes_(processes), helper_(helper) {}

  // Runs until process 0 has ended.
  void run() {
    while (take_messages()) {
      if (crew_) tell();
      std::this_thread::sleep_for(kBetweenLooks);
    }
  }

 private:
  // False once process 0 has ended.
  bool take_messages() {
    while (const auto message = processes_.receive()) {
      if (message->text.empty()) return false;
      const json content = json::from_cbor(message->text);
      const auto kind = content.at("kind").get<std::string>();
      if (kind == "begin") begin(content);
      if (kind == "task") crew_->start(parse_task(content));
      if (kind == "stop") crew_->stop();
    }
    return true;
  }

  void begin(const json& content) {
    json ready{{"kind", "ready"},
               {"workers", helper_.threads},
               {"machine", processes_.machine()},
               {"simd", kernels::simd_target()},
               {"error", ""}};
    try {
      load(content.at("datasets"));
      crew_ = std::make_unique<LocalCrew>(helper_.threads, datasets_, helper_.checkpoint_seconds);
    } catch (const Error& error) {
      ready["error"] = error.what();
    }
    processes_.send(0, to_text(ready));
  }

  void load(const json& datasets) {
    for (const json& dataset : datasets) {
      recipe::Recipe recipe = recipe::parse(dataset.at("recipe").get<std::string>(), "task");
      data::Dataset data = helper_.load(recipe);
      if (data::sha256(data) != dataset.at("sha256").get<std::string>())
        throw DataError(
            fmt::format("the dataset {} has other images than on the first machine", recipe.dataset.name));
      datasets_.emplace(data::arrangement_of(recipe.dataset), std::move(data));
    }
  }

  void tell() {
    if (helper_.should_stop() && !std::exchange(leaving_, true)) {
      processes_.send(0, to_text(json{{"kind", "leave"}}));
      crew_->stop();
    }
    for (const Report& report : crew_->reports()) processes_.send(0, to_text(report));
    const auto now = std::chrono::steady_clock::now();
    if (crew_->busy() == 0 || now - told_ < kBetweenProgress) return;
    told_ = now;
    processes_.send(0, to_text(json{{"kind", "progress"}, {"under_way", crew_->under_way()}}));
  }

  Processes& processes_;
  const Helper& helper_;
  Datasets datasets_;
  std::unique_ptr<LocalCrew> crew_;
  bool leaving_ = false;
  std::chrono::steady_clock::time_point told_;
};

}  // namespace

RemoteCrew::RemoteCrew(Processes& processes, const Datasets& datasets,
                       std::span<const recipe::Recipe> recipes)
    : processes_(processes), ranks_(static_cast<size_t>(processes.count())) {
  json used = json::array();
  std::set<std::string> arrangements;
  for (const recipe::Recipe& recipe : recipes) {
    const std::string arrangement = data::arrangement_of(recipe.dataset);
    if (!arrangements.insert(arrangement).second) continue;
    used.push_back({{"recipe", recipe::to_toml(recipe)}, {"sha256", data::sha256(datasets.at(arrangement))}});
  }
  const std::string begin = to_text(json{{"kind", "begin"}, {"datasets", used}});
  for (int rank = 1; rank < processes.count(); ++rank) processes_.send(rank, begin);
}

// Does not wait for ranks that continue although they were told to stop.
RemoteCrew::~RemoteCrew() {
  if (busy() > 0) processes_.abandon();
}

size_t RemoteCrew::idle() const {
  size_t sum = 0;
  for (const Rank& rank : ranks_) sum += rank.idle();
  return stopping_ ? 0 : sum;
}

size_t RemoteCrew::busy() const {
  size_t sum = 0;
  for (const Rank& rank : ranks_) sum += rank.busy;
  return sum;
}

double RemoteCrew::under_way() const {
  double sum = 0;
  for (const Rank& rank : ranks_) sum += rank.under_way;
  return sum;
}

void RemoteCrew::start(const Task& task) {
  RUNG_REQUIRE(idle() > 0);
  const auto most_idle = std::ranges::max_element(ranks_, {}, &Rank::idle);
  ++most_idle->busy;
  processes_.send(static_cast<int>(most_idle - ranks_.begin()), to_text(task));
}

std::vector<Report> RemoteCrew::reports() {
  std::vector<Report> reports;
  while (const auto message = processes_.receive()) {
    const json content = json::from_cbor(message->text);
    const auto kind = content.at("kind").get<std::string>();
    Rank& rank = ranks_.at(static_cast<size_t>(message->from));
    if (kind == "ready") rank.workers = workers_of(content);
    if (kind == "leave") rank.workers = 0;
    if (kind == "progress") rank.under_way = content.at("under_way").get<double>();
    if (kind != "report") continue;
    reports.push_back(parse_report(content));
    if (--rank.busy == 0) rank.under_way = 0;
  }
  return reports;
}

void RemoteCrew::stop() {
  if (std::exchange(stopping_, true)) return;
  for (size_t rank = 1; rank < ranks_.size(); ++rank)
    if (ranks_[rank].workers > 0) processes_.send(static_cast<int>(rank), to_text(json{{"kind", "stop"}}));
}

void help(Processes& processes, const Helper& helper) {
  try {
    HelperLoop(processes, helper).run();
  } catch (...) {
    processes.abandon();  // process 0 waits for this one; only the launcher can end everything
    throw;
  }
}

}  // namespace rung::sweep

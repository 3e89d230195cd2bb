#include "search/search_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/enumerators.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json_format.h"
#include "base/text.h"
#include "nn/infer.h"

namespace rung::search {
namespace {

using nlohmann::ordered_json;

constexpr JsonFormat kFormat{"rung-search-results", 1};

// Candidates on the front, and all that they descend from.
std::set<size_t> lineage(const Search& search) {
  std::set<size_t> members;
  for (size_t one : full_front(search.candidates())) {
    std::optional<size_t> member = one;
    while (member && members.insert(*member).second) member = search.candidates()[*member].parent;
  }
  return members;
}

std::string row(std::initializer_list<std::string> cells) {
  std::string text = "|";
  for (const std::string& cell : cells) text += fmt::format(" {} |", cell);
  return text + "\n";
}

std::string front_table(const Search& search) {
  std::string table = row({"candidate", std::string(words_of(search.plan().goal.minimise)), "held-out loss",
                           "held-out accuracy", "seeds", "of the test images", "changed"}) +
                      "|---|---:|---:|---:|---:|---|---|\n";
  for (const size_t index : full_front(search.candidates())) {
    const Candidate& one = search.candidates()[index];
    table += row({one.name(), cost_number(search.plan().goal.minimise, one.cost),
                  fmt::format("{:.4f}", one.loss()), fmt::format("{:.2f} %", one.accuracy()),
                  fmt::format("{}", one.full.size()), claim_cell(search, index),
                  changes_from_start(search, index)});
  }
  return table;
}

std::string kinds_table(const Search& search) {
  std::string table =
      row({"change", "candidates", "trained fully", "in the front's lines"}) + "|---|---:|---:|---:|\n";
  for (const KindResult& result : kind_results(search)) {
    if (result.tried == 0) continue;
    table += row({std::string(name_of(result.kind)), fmt::format("{}", result.tried),
                  fmt::format("{}", result.promoted), fmt::format("{}", result.front)});
  }
  return table;
}

ordered_json to_json(const Score& score) {
  return {{"loss", score.loss}, {"accuracy", score.accuracy}, {"seconds", score.seconds}};
}

ordered_json to_json(const Candidate& one) {
  ordered_json json{{"name", one.name()},
                    {"parent", one.parent ? ordered_json(*one.parent) : ordered_json()},
                    {"change", one.change()},
                    {"cost", one.cost},
                    {"params", nn::infer(one.recipe.model).params},
                    {"epochs", one.recipe.training.epochs},
                    {"diverged", one.diverged},
                    {"quick", one.quick ? to_json(*one.quick) : ordered_json()},
                    {"longer", one.longer ? to_json(*one.longer) : ordered_json()}};
  json["full"] = ordered_json::array();
  for (const auto& [seed, score] : one.full) {
    json["full"].push_back(to_json(score));
    json["full"].back()["seed"] = seed;
  }
  return json;
}

ordered_json to_json(const Search& search, const Claim& claim) {
  ordered_json json{{"candidate", search.candidates()[claim.candidate].name()},
                    {"seeds", claim.seeds},
                    {"mean", claim.accuracy.mean},
                    {"reached", claim.reached},
                    {"share", {claim.share.low, claim.share.high}},
                    {"train_seconds", claim.train_seconds},
                    {"holds", claim.holds}};
  if (claim.accuracy.mean95) json["mean95"] = {claim.accuracy.mean95->low, claim.accuracy.mean95->high};
  return json;
}

// "c0041: 3,120 parameters, 99.42 % of the held-out images (3 seeds)".
std::string candidate_line(const Search& search, size_t candidate) {
  const Candidate& one = search.candidates()[candidate];
  return fmt::format("{}: {}, loss {:.4f} and {:.2f} % of the held-out images ({})", one.name(),
                     cost_text(search.plan().goal.minimise, one.cost), one.loss(), one.accuracy(),
                     counted(one.full.size(), "seed"));
}

std::string phase_name(Phase phase) {
  switch (phase) {
    case Phase::kSearching:
      return "searching";
    case Phase::kClaiming:
      return "claiming";
    case Phase::kFinished:
      return "finished";
  }
  return "";
}

}  // namespace

std::vector<KindResult> kind_results(const Search& search) {
  std::vector<KindResult> results;
  const std::set<size_t> members = lineage(search);
  for (const Kind kind : kEnumerators<Kind>) {
    KindResult result{.kind = kind};
    for (const Candidate& one : search.candidates()) {
      if (std::ranges::none_of(one.mutations, [&](const Mutation& m) { return m.kind == kind; })) continue;
      ++result.tried;
      result.promoted += one.full.empty() ? 0 : 1;
      result.front += members.contains(one.number) ? 1 : 0;
    }
    results.push_back(result);
  }
  return results;
}

std::string search_title(const Search& search) {
  const Goal& goal = search.plan().goal;
  return fmt::format("Search from {}: {:g} % for the fewest {}", search.plan().start.name, goal.target,
                     words_of(goal.minimise));
}

std::string state_line(const Search& search) {
  const auto best = search.best();
  return fmt::format(
      "Generation {}: {}; {}", search.generations(), counted(search.candidates().size(), "candidate"),
      best ? "best " + candidate_line(search, *best)
           : fmt::format("none has {:g} % of the held-out images yet", search.plan().goal.target));
}

std::string claim_sentence(const Search& search, const Claim& claim) {
  const Candidate& one = search.candidates()[claim.candidate];
  const std::string cost = cost_text(search.plan().goal.minimise, one.cost);
  if (claim.accuracy.count == 0 || !claim.accuracy.mean95)
    return fmt::format("{} ({}): not claimed, its runs diverged.", one.name(), cost);
  return fmt::format(
      "{} ({}): {} of the test images: mean {:.2f} % over {} fresh seeds, 95 % {:.2f} to {:.2f}; {} of {} "
      "runs "
      "reach it (95 % {:.0f} to {:.0f} % of all).",
      one.name(), cost,
      claim.holds ? fmt::format("{:g} % is claimed", search.plan().goal.target)
                  : fmt::format("{:g} % cannot be claimed", search.plan().goal.target),
      claim.accuracy.mean, claim.accuracy.count, claim.accuracy.mean95->low, claim.accuracy.mean95->high,
      claim.reached, claim.seeds, 100 * claim.share.low, 100 * claim.share.high);
}

std::string summary(const Search& search) {
  std::string text;
  if (const auto found = search.claimed()) {
    text = fmt::format("Found {}, {}. ", search.candidates()[*found].name(),
                       cost_text(search.plan().goal.minimise, search.candidates()[*found].cost));
  } else if (search.phase() == Phase::kFinished) {
    text = "Nothing that was tried can be claimed to reach the target. ";
  } else if (const auto best = search.best()) {
    text = fmt::format("So far the best is {}. ", candidate_line(search, *best));
  }
  text += fmt::format("{} in {}, {:.0f} s of training on one core.",
                      counted(search.candidates().size(), "candidate"),
                      counted(search.generations(), "generation"), search.trained_seconds());
  if (!search.ending().empty()) text += fmt::format(" No more were drawn: {}.", search.ending());
  return text;
}

std::string changes_from_start(const Search& search, size_t candidate) {
  const Candidate& one = search.candidates()[candidate];
  if (!one.parent || !search.candidates()[*one.parent].parent) return one.change();
  return fmt::format("{}; {}", changes_from_start(search, *one.parent), one.change());
}

std::string claim_cell(const Search& search, size_t candidate) {
  const auto claim = std::ranges::find(search.claims(), candidate, &Claim::candidate);
  if (claim == search.claims().end()) return "";
  if (!claim->accuracy.mean95) return "its runs diverged";
  return fmt::format("{:.2f} %: {}claimed", claim->accuracy.mean, claim->holds ? "" : "not ");
}

std::string search_document(const Search& search) {
  std::string text = fmt::format("# {}\n\n{}\n\n", search_title(search), summary(search));
  if (!search.claims().empty()) {
    text += "## Claims\n\n";
    for (const Claim& claim : search.claims()) text += fmt::format("- {}\n", claim_sentence(search, claim));
    if (!search.claims_ending().empty())
      text += fmt::format("\nNo more were claimed: {}.\n", search.claims_ending());
    text += "\n";
  }
  text += "## The front\n\n" + front_table(search) + "\n## What was changed\n\n" + kinds_table(search);
  return text;
}

Glance parse_glance(std::string_view text, std::string_view source) {
  const nlohmann::json file = kFormat.parse(text);
  const auto line = file.is_object() ? file.value("state", nlohmann::json()) : nlohmann::json();
  const auto phase = file.is_object() ? file.value("phase", nlohmann::json()) : nlohmann::json();
  if (!line.is_string() || !phase.is_string())
    throw DataError(fmt::format("{}: not the results of a search", source));
  return {phase == phase_name(Phase::kFinished), printable(line.get<std::string>())};
}

std::vector<std::filesystem::path> best_runs(const std::filesystem::path& folder, size_t most) {
  const std::filesystem::path path = folder / kResultsJson;
  const nlohmann::json file = kFormat.parse(read_text_file(path, kMaxResultsBytes));
  std::vector<std::pair<double, std::string>> runs;
  try {
    for (const nlohmann::json& one : file.at("candidates"))
      for (const nlohmann::json& score : one.at("full"))
        runs.emplace_back(score.at("loss").get<double>(),
                          folder_name(one.at("name").get<std::string>(), Trial::Kind::kFull,
                                      score.at("seed").get<uint64_t>()));
  } catch (const nlohmann::json::exception&) {
    throw DataError(fmt::format("{}: not the results of a search", path.string()));
  }
  std::ranges::sort(runs);
  runs.resize(std::min(runs.size(), most));
  std::vector<std::filesystem::path> folders;
  for (const auto& [loss, name] : runs) folders.push_back(folder / kRunsFolder / name);
  return folders;
}

ordered_json search_json(const Search& search) {
  ordered_json json = kFormat.begin();
  json.update({{"title", search_title(search)},
               {"state", search.claims().empty() ? state_line(search)
                                                 : claim_sentence(search, search.claims().back())},
               {"phase", phase_name(search.phase())},
               {"target", search.plan().goal.target},
               {"minimise", name_of(search.plan().goal.minimise)},
               {"strategy", name_of(search.plan().strategy)},
               {"seed", search.plan().seed},
               {"generations", search.generations()},
               {"ending", search.ending()},
               {"claims_ending", search.claims_ending()},
               {"trained_seconds", search.trained_seconds()}});
  const auto name = [&](std::optional<size_t> one) {
    return one ? ordered_json(search.candidates()[*one].name()) : ordered_json();
  };
  json["best"] = name(search.best());
  json["claimed"] = name(search.claimed());
  json["claims"] = ordered_json::array();
  for (const Claim& claim : search.claims()) json["claims"].push_back(to_json(search, claim));
  json["front"] = ordered_json::array();
  for (const size_t one : full_front(search.candidates()))
    json["front"].push_back(search.candidates()[one].name());
  json["candidates"] = ordered_json::array();
  for (const Candidate& one : search.candidates()) json["candidates"].push_back(to_json(one));
  return json;
}

std::optional<recipe::Recipe> found_recipe(const Search& search) {
  const auto found = search.claimed() ? search.claimed() : search.best();
  if (!found) return std::nullopt;
  const Goal& goal = search.plan().goal;
  const Candidate& one = search.candidates()[*found];
  recipe::Recipe recipe = one.recipe;
  recipe.dataset = search.plan().whole;
  recipe.name = "found";
  recipe.title = fmt::format("{}, found by rung search", cost_text(goal.minimise, one.cost));
  recipe.description = fmt::format("Candidate {} of {} of a search from {}.\n", one.name(),
                                   search.candidates().size(), search.plan().start.name);
  recipe.targets.push_back(
      {.text = "", .metric = goal.metric, .comparison = recipe::Comparison::kAtLeast, .bound = goal.target});
  return recipe;
}

}  // namespace rung::search

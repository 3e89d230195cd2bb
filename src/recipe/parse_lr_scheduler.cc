// [lr_scheduler].
#include "recipe/parse.h"

namespace rung::recipe {
namespace {

constexpr NumberRange kLr = NumberRange::open(0, 1e6);
constexpr NumberRange kGamma = NumberRange::left_open(0, 1e3);
constexpr NumberRange kMomentum = NumberRange::right_open(0, 1);
constexpr NumberRange kFactor = NumberRange::left_open(0, 1e9);

optim::LrScheduler parse_constant(const TableReader& table) {
  table.allow({"type"});
  return optim::ConstantLr{};
}

optim::LrScheduler parse_step_lr(const TableReader& table) {
  table.allow({"type", "step_size", "gamma"});
  optim::StepLr step;
  step.step_size = table.small_integer("step_size", 1, kMaxEpochs);
  step.gamma = table.number("gamma", kGamma, step.gamma);
  return step;
}

optim::LrScheduler parse_multi_step_lr(const TableReader& table) {
  table.allow({"type", "milestones", "gamma"});
  optim::MultiStepLr step;
  step.milestones = table.ascending_integers("milestones", 1, kMaxEpochs);
  step.gamma = table.number("gamma", kGamma, step.gamma);
  return step;
}

optim::LrScheduler parse_exponential_lr(const TableReader& table) {
  table.allow({"type", "gamma"});
  return optim::ExponentialLr{table.number("gamma", kGamma)};
}

optim::LrScheduler parse_cosine_annealing_lr(const TableReader& table) {
  table.allow({"type", "t_max", "eta_min"});
  optim::CosineAnnealingLr cosine;
  cosine.t_max = table.integer_or_word("t_max", 1, kMaxEpochs, "epochs");
  cosine.eta_min = table.number("eta_min", NumberRange::right_open(0, 1e6), cosine.eta_min);
  return cosine;
}

// Keys that both cyclic schedules have.
template <typename Cycle>
void parse_momentum(const TableReader& table, Cycle& cycle) {
  cycle.cycle_momentum = table.boolean("cycle_momentum", cycle.cycle_momentum);
  cycle.base_momentum = table.number("base_momentum", kMomentum, cycle.base_momentum);
  cycle.max_momentum = table.number("max_momentum", kMomentum, cycle.max_momentum);
}

optim::LrScheduler parse_one_cycle_lr(const TableReader& table) {
  table.allow({"type", "max_lr", "pct_start", "anneal_strategy", "cycle_momentum", "base_momentum",
               "max_momentum", "div_factor", "final_div_factor", "three_phase"});
  using Anneal = optim::OneCycleLr::Anneal;
  constexpr std::array kStrategies = {Named<Anneal>{"cos", Anneal::kCos},
                                      Named<Anneal>{"linear", Anneal::kLinear}};
  optim::OneCycleLr cycle;
  cycle.max_lr = table.number("max_lr", kLr);
  cycle.pct_start = table.number("pct_start", NumberRange::closed(0, 1), cycle.pct_start);
  if (table.has("anneal_strategy")) cycle.anneal_strategy = table.choice("anneal_strategy", kStrategies);
  parse_momentum(table, cycle);
  cycle.div_factor = table.number("div_factor", kFactor, cycle.div_factor);
  cycle.final_div_factor = table.number("final_div_factor", kFactor, cycle.final_div_factor);
  cycle.three_phase = table.boolean("three_phase", cycle.three_phase);
  return cycle;
}

optim::LrScheduler parse_cyclic_lr(const TableReader& table) {
  table.allow({"type", "base_lr", "max_lr", "step_size_up", "step_size_down", "mode", "gamma",
               "cycle_momentum", "base_momentum", "max_momentum"});
  using Mode = optim::CyclicLr::Mode;
  constexpr std::array kModes = {Named<Mode>{"triangular", Mode::kTriangular},
                                 Named<Mode>{"triangular2", Mode::kTriangular2},
                                 Named<Mode>{"exp_range", Mode::kExpRange}};
  optim::CyclicLr cyclic;
  cyclic.base_lr = table.number("base_lr", kLr);
  cyclic.max_lr = table.number("max_lr", kLr);
  cyclic.step_size_up = table.small_integer("step_size_up", 1, kMaxBatches, cyclic.step_size_up);
  cyclic.step_size_down = table.small_integer("step_size_down", 1, kMaxBatches, cyclic.step_size_up);
  if (table.has("mode")) cyclic.mode = table.choice("mode", kModes);
  cyclic.gamma = table.number("gamma", NumberRange::left_open(0, 1), cyclic.gamma);
  parse_momentum(table, cyclic);
  return cyclic;
}

using ParseScheduler = optim::LrScheduler (*)(const TableReader&);

constexpr std::array kSchedulers = {
    Named<ParseScheduler>{"none", parse_constant},
    Named<ParseScheduler>{"step_lr", parse_step_lr},
    Named<ParseScheduler>{"multi_step_lr", parse_multi_step_lr},
    Named<ParseScheduler>{"exponential_lr", parse_exponential_lr},
    Named<ParseScheduler>{"cosine_annealing_lr", parse_cosine_annealing_lr},
    Named<ParseScheduler>{"one_cycle_lr", parse_one_cycle_lr},
    Named<ParseScheduler>{"cyclic_lr", parse_cyclic_lr},
};
static_assert(kSchedulers.size() == std::variant_size_v<optim::LrScheduler>);

}  // namespace

optim::LrScheduler parse_lr_scheduler(const TableReader& root) {
  const auto table = root.table("lr_scheduler");
  if (!table) return optim::ConstantLr{};
  return table->choice("type", kSchedulers)(*table);
}

}  // namespace rung::recipe

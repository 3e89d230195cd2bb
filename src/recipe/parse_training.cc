// [training], [optimizer] and [lr_scheduler].
#include "recipe/parse.h"

namespace rung::recipe {
namespace {

constexpr int kMaxEpochs = 100'000;
constexpr int kMaxBatch = 65'536;

optim::Sgd parse_sgd(const TableReader& table) {
  table.allow({"type", "lr", "momentum", "weight_decay", "nesterov"});
  optim::Sgd sgd;
  sgd.lr = table.number("lr", NumberRange::open(0, 1e6), sgd.lr);
  sgd.momentum = table.number("momentum", NumberRange::right_open(0, 1), sgd.momentum);
  sgd.weight_decay = table.number("weight_decay", NumberRange::at_least(0), sgd.weight_decay);
  sgd.nesterov = table.boolean("nesterov", sgd.nesterov);
  if (sgd.nesterov && sgd.momentum == 0) table.fail("nesterov", "needs a momentum above 0");
  return sgd;
}

optim::LrScheduler parse_constant(const TableReader& table) {
  table.allow({"type"});
  return optim::ConstantLr{};
}

optim::LrScheduler parse_step_lr(const TableReader& table) {
  table.allow({"type", "step_size", "gamma"});
  optim::StepLr step;
  step.step_size = table.small_integer("step_size", 1, kMaxEpochs);
  step.gamma = table.number("gamma", NumberRange::left_open(0, 1e3), step.gamma);
  return step;
}

using ParseOptimizer = optim::Sgd (*)(const TableReader&);
using ParseScheduler = optim::LrScheduler (*)(const TableReader&);

constexpr std::array kOptimizers = {Named<ParseOptimizer>{"sgd", parse_sgd}};
constexpr std::array kSchedulers = {
    Named<ParseScheduler>{"none", parse_constant},
    Named<ParseScheduler>{"step_lr", parse_step_lr},
};

}  // namespace

optim::Training parse_training(const TableReader& root) {
  const TableReader table = root.required_table("training");
  table.allow({"epochs", "batch_size"});
  optim::Training training;
  training.epochs = table.small_integer("epochs", 1, kMaxEpochs);
  training.batch_size = table.small_integer("batch_size", 1, kMaxBatch, training.batch_size);
  const TableReader optimizer = root.required_table("optimizer");
  training.optimizer = optimizer.choice("type", kOptimizers)(optimizer);
  if (const auto scheduler = root.table("lr_scheduler"))
    training.lr_scheduler = scheduler->choice("type", kSchedulers)(*scheduler);
  return training;
}

}  // namespace rung::recipe

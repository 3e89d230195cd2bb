// SGD and StepLR do what torch.optim's do. tests/golden/make_model_golden.py makes the golden numbers, in
// float64, and has the same table of cases.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "optim/lr_schedule.h"
#include "optim/sgd.h"
#include "tensor_testing.h"
#include "train/safetensors.h"

namespace rung::optim {
namespace {

constexpr size_t kParameters = 8;
constexpr size_t kSteps = 6;
constexpr size_t kEpochs = 20;

const std::map<std::string, Sgd> kSgdCases = {
    {"plain", {.lr = 0.1}},
    {"momentum", {.lr = 0.01, .momentum = 0.9}},
    {"weight_decay", {.lr = 0.1, .weight_decay = 0.3}},
    {"momentum_weight_decay", {.lr = 0.05, .momentum = 0.7, .weight_decay = 0.02}},
    {"nesterov", {.lr = 0.03, .momentum = 0.8, .nesterov = true}},
    {"nesterov_weight_decay", {.lr = 0.2, .momentum = 0.6, .weight_decay = 0.1, .nesterov = true}},
};

struct StepLrCase {
  double lr;
  StepLr schedule;
};
const std::map<std::string, StepLrCase> kStepLrCases = {{"halve", {0.02, {5, 0.5}}},
                                                        {"every_epoch", {0.1, {1, 0.7}}},
                                                        {"grow", {0.001, {3, 1.5}}},
                                                        {"never", {0.3, {50, 0.1}}}};

class Golden {
 public:
  std::span<const float> at(const std::string& name, size_t size) const {
    return file_.floats_at(name, size, path_).values;
  }
  // How many tensors have a name that begins so.
  size_t count(const std::string& prefix) const {
    size_t result = 0;
    for (const auto& [name, tensor] : file_.floats) result += name.starts_with(prefix) ? 1 : 0;
    return result;
  }

 private:
  std::filesystem::path path_ = std::filesystem::path(RUNG_SOURCE_DIR) / "tests/golden/optim.safetensors";
  train::SafeTensors file_ = train::read_safetensors(path_);
};

// A step rounds three or four times, values of size 1, and six steps add up.
TEST(Sgd, EqualsTorch) {
  const Golden golden;
  EXPECT_EQ(golden.count("sgd/"), kSgdCases.size() + 1);
  const auto gradients = golden.at("sgd/gradients", kSteps * kParameters);
  for (const auto& [name, sgd] : kSgdCases) {
    const auto history = golden.at("sgd/" + name + "/parameters", (kSteps + 1) * kParameters);
    std::vector<float> parameters(history.begin(), history.begin() + kParameters);
    SgdState state(kParameters);
    for (size_t step = 0; step < kSteps; ++step) {
      state.step(sgd, sgd.lr, gradients.subspan(step * kParameters, kParameters), parameters);
      rung::testing::expect_tensor_within(fmt::format("{}, step {}", name, step),
                                          std::span<const float>(parameters),
                                          history.subspan((step + 1) * kParameters, kParameters), 4);
    }
  }
}

TEST(Sgd, GoesOnFromAStoredVelocity) {
  const Golden golden;
  const auto gradients = golden.at("sgd/gradients", kSteps * kParameters);
  const Sgd sgd = kSgdCases.at("nesterov_weight_decay");
  std::vector<float> whole(kParameters, 0.5F);
  std::vector<float> parts = whole;
  SgdState state(kParameters);
  SgdState first(kParameters);
  for (size_t step = 0; step < kSteps; ++step) {
    SgdState second(kParameters);
    std::ranges::copy(first.velocity(), second.velocity().begin());
    const auto gradient = gradients.subspan(step * kParameters, kParameters);
    state.step(sgd, sgd.lr, gradient, whole);
    second.step(sgd, sgd.lr, gradient, parts);
    first = second;
  }
  EXPECT_EQ(parts, whole);
}

// The golden rates are rounded to float32; in between are doubles on both sides.
TEST(StepLrSchedule, EqualsTorch) {
  const Golden golden;
  EXPECT_EQ(golden.count("step_lr/"), kStepLrCases.size());
  for (const auto& [name, step_lr] : kStepLrCases) {
    const auto rates = golden.at("step_lr/" + name, kEpochs);
    const Training training{.optimizer = {.lr = step_lr.lr}, .lr_scheduler = step_lr.schedule};
    for (size_t epoch = 0; epoch < kEpochs; ++epoch)
      EXPECT_FLOAT_EQ(static_cast<float>(learning_rate(training, static_cast<int>(epoch))), rates[epoch])
          << name << ", epoch " << epoch;
  }
}

TEST(ConstantLrSchedule, StaysTheOptimizersRate) {
  const Training training{.optimizer = {.lr = 0.02}, .lr_scheduler = ConstantLr{}};
  for (const int epoch : {0, 1, 15}) EXPECT_EQ(learning_rate(training, epoch), 0.02);
}

}  // namespace
}  // namespace rung::optim

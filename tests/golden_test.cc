// The ladder's five models, and three with residual connections, depthwise and dilated convolutions, and the
// other poolings and activations, do what they do in PyTorch: the same weights and batches give the same
// logits, loss, gradients, running statistics and twenty steps of training.
// tests/golden/make_model_golden.py makes the files and documents them.
//
// The golden numbers are float64 rounded once, so all error is Rung's. Tolerances are in roundings (2^-23) of
// a tensor's largest value, about three times the worst observed. In a sum of n products rounding errors add
// up like a random walk, to about sqrt(n) * 2^-24 terms, and so does the sum: about one rounding per layer,
// forward and again backward. Only a weight's gradient has sums (of up to 27,000 terms) that batch norm makes
// cancel almost completely; relative to what remains, its error is larger.
//
// Training is different. A step makes about a million comparisons at a kink (relu's zero, a max pooling's
// second largest value). In float32 some of them turn out the other way; each changes the gradient by about a
// thousandth, and training amplifies that with every step. The generator picks initial weights for which the
// first step stays clear of kinks: it is compared closely, the next three as closely as a few kinks allow,
// and the later ones as closely as PyTorch's own float32 run agrees with its float64 run; its largest
// deviations over the five models (relative to the largest value) are beside the tolerances. Step 1's model
// has no batch norm and hardly changes in twenty steps, so it amplifies nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <tuple>

#include "data/dataset.h"
#include "kernel_testing.h"
#include "nn/inference.h"
#include "nn/training_pass.h"
#include "optim/lr_schedule.h"
#include "optim/optimizer.h"
#include "recipe/recipe.h"
#include "tensor_testing.h"
#include "train/batches.h"
#include "train/safetensors.h"

namespace rung {
namespace {

using kernels::kLanes;
using rung::testing::expect_tensor_within;
using rung::testing::kFloatEpsilon;

constexpr int kBatch = 40;  // the last block of 16 is half empty
constexpr int kBatches = 4;
constexpr int kSteps = 20;

constexpr int kEarlySteps = 4;

// In roundings of the tensor's largest value.
constexpr double kLogits = 20;
constexpr double kGradients = 500;
constexpr double kStatistics = 16;
constexpr double kFirstLoss = 16;

struct Later {
  double early_losses;
  double early_statistics;
  double losses;
  double statistics;
  double logits;
};
constexpr Later kWithoutNorm{8, 0, 8, 0, 16};
constexpr Later kWithNorm{0.002 / kFloatEpsilon, 0.02 / kFloatEpsilon,
                          0.01 / kFloatEpsilon,   // PyTorch's float32: 0.0052
                          0.15 / kFloatEpsilon,   // 0.079
                          0.15 / kFloatEpsilon};  // 0.055

const std::filesystem::path kRoot = RUNG_SOURCE_DIR;

data::Split images() {
  const auto file = train::read_safetensors(kRoot / "tests/golden/mnist.safetensors");
  return {.count = kBatch * kBatches,
          .height = 28,
          .width = 28,
          .pixels = file.bytes.at("images").values,
          .labels = file.bytes.at("labels").values};
}

std::filesystem::path recipe_path(const std::string& model) {
  return kRoot / (model.starts_with("step") ? "recipes/ladder" : "tests/golden") / (model + ".toml");
}

class Model {
 public:
  Model(const std::string& model, int threads)
      : recipe_(recipe::load(recipe_path(model))),
        path_(kRoot / "tests/golden" / (model + ".safetensors")),
        golden_(train::read_safetensors(path_)),
        images_(images()),
        loader_(images_.images(), recipe_.dataset),
        pool_(threads),
        plan_(nn::make_plan(recipe_.model)),
        weights_(nn::initial_weights(plan_, 99)),  // only for the running statistics; the rest is replaced
        gradient_(plan_.parameter_count),
        optimizer_(recipe_.training.optimizer, plan_.parameter_count),
        pass_(plan_, kBatch, pool_),
        inference_(plan_, pool_) {
    for (const nn::TensorInfo& info : plan_.parameters)
      std::ranges::copy(golden("initial/" + info.name, info.size), weights_.parameters.begin() + info.offset);
  }

  // Names, shapes and order are those of PyTorch's state_dict.
  void expect_same_tensors() {
    size_t initial = 0;
    for (const auto& [name, tensor] : golden_.floats) initial += name.starts_with("initial/") ? 1 : 0;
    EXPECT_EQ(initial, plan_.parameters.size());
    for (const nn::TensorInfo& info : plan_.parameters)
      EXPECT_EQ(golden_.floats.at("initial/" + info.name).shape, info.shape) << info.name;
  }

  void train() {
    std::vector<float> losses;
    for (int step = 0; step < kSteps; ++step) {
      losses.push_back(static_cast<float>(run(step)));
      if (step == 0) expect_first_step();
      if (step == kEarlySteps - 1) expect_statistics("after4/", later().early_statistics);
      const optim::Place place{.epoch = step / kBatches, .step = step, .steps = kSteps};
      optimizer_.step(optim::rates_at(recipe_.training, place), step, gradient_, weights_.parameters);
    }
    const auto expected = golden("losses", kSteps);
    expect_tensor_within("first loss", std::span<const float>(losses).first(1), expected.first(1),
                         kFirstLoss);
    expect_tensor_within("early losses", std::span<const float>(losses).first(kEarlySteps),
                         expected.first(kEarlySteps), later().early_losses);
    expect_tensor_within("losses", std::span<const float>(losses), expected, later().losses);
    expect_statistics("after20/", later().statistics);
  }

  void expect_evaluation() {
    std::vector<float> logits(kBatch * static_cast<size_t>(plan_.classes));
    const auto use = [&](int block, int lanes, const float* values) { take(values, block, lanes, logits); };
    inference_.run(weights_, kBatch, load(0), use);
    expect_tensor_within("logits/evaluation", std::span<const float>(logits),
                         golden("logits/evaluation", logits.size()), later().logits);
  }

 private:
  const Later& later() const { return plan_.buffers.empty() ? kWithoutNorm : kWithNorm; }

  std::span<const float> golden(const std::string& name, size_t size) const {
    return golden_.floats_at(name, size, path_).values;
  }

  nn::LoadBlock load(int batch) {
    return [this, batch](int block, int lanes, int thread, float* x) {
      std::vector<uint32_t> indices;
      for (int lane = 0; lane < lanes; ++lane)
        indices.push_back(static_cast<uint32_t>(batch * kBatch + block * kLanes + lane));
      loader_.load(indices, thread, 0, 0, x);
    };
  }

  double run(int step) {
    const int batch = step % kBatches;
    const nn::Batch input{
        .images = kBatch,
        .labels = std::span(images_.labels).subspan(static_cast<size_t>(batch * kBatch), kBatch),
        .load = load(batch),
        .seed = 1,
        .epoch = static_cast<uint32_t>(step / kBatches),
        .first_block = static_cast<uint32_t>(batch * kernels::blocks_of(kBatch))};
    return pass_.run(input, weights_, gradient_).loss;
  }

  void expect_first_step() {
    std::vector<float> logits(kBatch * static_cast<size_t>(plan_.classes));
    for (int block = 0; block < kernels::blocks_of(kBatch); ++block)
      take(pass_.logits(block), block, kernels::valid_lanes(kBatch, block), logits);
    expect_tensor_within("logits/training", std::span<const float>(logits),
                         golden("logits/training", logits.size()), kLogits);
    for (const nn::TensorInfo& info : plan_.parameters)
      expect_tensor_within("gradient/" + info.name,
                           std::span<const float>(gradient_).subspan(info.offset, info.size),
                           golden("gradient/" + info.name, info.size), kGradients);
    expect_statistics("after1/", kStatistics);
  }

  void expect_statistics(const std::string& prefix, double epsilons) {
    for (const nn::TensorInfo& info : plan_.buffers)
      expect_tensor_within(prefix + info.name,
                           std::span<const float>(weights_.buffers).subspan(info.offset, info.size),
                           golden(prefix + info.name, info.size), epsilons);
  }

  // From [classes][16] to [images, classes].
  void take(const float* values, int block, int lanes, std::vector<float>& logits) const {
    for (int lane = 0; lane < lanes; ++lane) {
      for (int k = 0; k < plan_.classes; ++k)
        logits[static_cast<size_t>((block * kLanes + lane) * plan_.classes + k)] = values[k * kLanes + lane];
    }
  }

  recipe::Recipe recipe_;
  std::filesystem::path path_;
  train::SafeTensors golden_;
  data::Split images_;
  train::BlockLoader loader_;
  ThreadPool pool_;
  nn::Plan plan_;
  nn::Weights weights_;
  std::vector<float> gradient_;
  optim::OptimizerState optimizer_;
  nn::TrainingPass pass_;
  nn::Inference inference_;
};

using Case = std::tuple<std::string, std::string>;  // instruction set, model

class GoldenTest : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    const std::string& target = std::get<0>(GetParam());
    kernels::force_simd_target(target);
    ASSERT_EQ(kernels::simd_target(), target);
  }
  void TearDown() override { kernels::force_simd_target(""); }
};

std::string case_name(const ::testing::TestParamInfo<Case>& info) {
  return std::get<0>(info.param) + "_" + std::get<1>(info.param);
}

TEST_P(GoldenTest, EqualsPyTorch) {
  for (const int threads : {1, 2}) {
    SCOPED_TRACE(fmt::format("{} threads", threads));
    Model model(std::get<1>(GetParam()), threads);
    model.expect_same_tensors();
    model.train();
    model.expect_evaluation();
  }
}

INSTANTIATE_TEST_SUITE_P(Ladder, GoldenTest,
                         ::testing::Combine(::testing::ValuesIn(kernels::simd_targets()),
                                            ::testing::Values("step1", "step2", "step3", "step4", "step5",
                                                              "residual", "pooling", "dilation")),
                         case_name);

}  // namespace
}  // namespace rung

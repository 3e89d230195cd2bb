// The predicted memory is what training and inference take.
#include "nn/memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "base/error.h"
#include "base/system_limits.h"
#include "data/augment.h"
#include "nn/inference.h"
#include "nn/training_pass.h"

namespace rung::nn {
namespace {

// Convolutions with and without padding, and every kind of layer after them.
ModelSpec model() {
  const Conv2d padded{.out_channels = 40, .kernel_size = {3, 3}, .padding = {1, 1}};
  const Conv2d plain{.out_channels = 60, .kernel_size = {3, 3}, .bias = false};
  return {
      {1, 28, 28},
      10,
      {padded, BatchNorm2d{}, Dropout{0.1}, Relu{}, padded, PRelu{}, Add{3}, plain, Relu{}, MaxPool2d{{2, 2}},
       AvgPool2d{{3, 3}, {1, 1}, {1, 1}}, AdaptiveAvgPool2d{{7, 9}}, Flatten{}, Linear{.out_features = 10}}};
}

uint64_t resident_bytes() {
  uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;
  return pages * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

// Buffers are rounded up to huge pages, and small ones are not counted.
TEST(TrainingBytes, IsWhatTrainingTakes) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers have memory of their own";
#endif
  constexpr int kBatch = 512;
  const Plan plan = make_plan(model());
  ThreadPool pool(3);
  const uint64_t before = resident_bytes();
  const TrainingPass pass(plan, kBatch, pool);
  const Inference inference(plan, pool);
  const auto taken = static_cast<double>(resident_bytes() - before);
  const auto said = static_cast<double>(training_bytes(plan, 0, kBatch, pool.size()));
  EXPECT_GT(said, 0.93 * taken);
  EXPECT_LT(said, 1.03 * taken);
}

TEST(AugmenterBytes, IsWhatElasticTransformsTake) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers have memory of their own";
#endif
  const std::vector<data::Transform> transforms(3, data::ElasticTransform{});
  const uint64_t before = resident_bytes();
  const data::Augmenter augmenter(transforms, 900, 1100);
  const auto taken = static_cast<double>(resident_bytes() - before);
  const auto said = static_cast<double>(data::augmenter_bytes(transforms, 900, 1100));
  EXPECT_GT(said, 0.85 * taken);
  EXPECT_LT(said, 1.05 * taken);
}

TEST(TrainingBytes, GrowsWithBatchesThreadsAndTheOptimizersState) {
  const Plan plan = make_plan(model());
  const uint64_t small = training_bytes(plan, 1, 16, 1);
  EXPECT_EQ(training_bytes(plan, 1, 1, 1), small);
  EXPECT_GT(training_bytes(plan, 1, 17, 1), small);
  EXPECT_GT(training_bytes(plan, 1, 16, 2), small);
  EXPECT_EQ(training_bytes(plan, 3, 16, 1), small + 2 * sizeof(float) * plan.parameter_count);
}

TEST(InferenceBytes, IsWhatInferenceTakes) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers have memory of their own";
#endif
  ModelSpec large = model();
  large.input = {1, 64, 64};
  const Plan plan = make_plan(large);
  ThreadPool pool(4);
  const uint64_t before = resident_bytes();
  const Inference inference(plan, pool);
  const auto taken = static_cast<double>(resident_bytes() - before);
  const auto said = static_cast<double>(inference_bytes(plan, pool.size()));
  EXPECT_GT(said, 0.82 * taken);
  EXPECT_LT(said, 1.03 * taken);
}

// The input of a block alone is 2^48 bytes, more than any address space: asking for it would throw bad_alloc.
TEST(InferenceBytes, MoreThanTheMachineHasAreNotAskedFor) {
  const auto available = available_memory();
  if (!available) GTEST_SKIP() << "nobody says how much memory there is";
  Plan plan = make_plan(model());
  plan.input = {65536, 8192, 8192};
  ThreadPool pool(4);
  ASSERT_GT(inference_bytes(plan, pool.size()), 10 * *available);
  try {
    const Inference inference(plan, pool);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const MemoryError& error) {
    EXPECT_THAT(error.what(), ::testing::StartsWith("evaluating the model with 4 threads takes "));
  }
}

}  // namespace
}  // namespace rung::nn

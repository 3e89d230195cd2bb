// The predicted memory is what training and inference take.
#include "nn/memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>

#include "base/error.h"
#include "base/system_limits.h"
#include "data/augment.h"
#include "data/dataset.h"
#include "every_layer.h"
#include "nn/inference.h"
#include "nn/training_pass.h"
#include "train/batches.h"

namespace rung::nn {
namespace {

// Large convolutions with and without padding, and layers after them that take memory of different kinds.
ModelSpec model() {
  const Conv2d padded{.out_channels = 40, .kernel_size = {3, 3}, .padding = {1, 1}};
  const Conv2d plain{.out_channels = 60, .kernel_size = {3, 3}, .bias = false};
  return {
      {1, 28, 28},
      10,
      {padded, BatchNorm2d{}, Dropout{0.1}, Relu{}, padded, PRelu{}, Add{3}, plain, Relu{}, MaxPool2d{{2, 2}},
       AvgPool2d{{3, 3}, {1, 1}, {1, 1}}, AdaptiveAvgPool2d{{7, 9}}, Flatten{}, Linear{.out_features = 10}}};
}

struct Bytes {
  double mapped = 0;
  double resident = 0;
};

Bytes bytes_now() {
  double mapped = 0;
  double resident = 0;
  std::ifstream("/proc/self/statm") >> mapped >> resident;  // pages
  const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
  return {mapped * page, resident * page};
}

// The bytes of memory that what make() returns takes: resident, or mapped as what becomes resident when it is
// used. Memory that was freed before, and while making it, goes back to the system first: malloc keeps up to
// 64 MiB of it, where the next allocations would take no more.
template <typename Make>
double bytes_taken(Make make) {
  ::malloc_trim(0);
  const Bytes before = bytes_now();
  const auto made = make();
  ::malloc_trim(0);
  const Bytes after = bytes_now();
  return std::max(after.mapped - before.mapped, after.resident - before.resident);
}

class MemoryTest : public ::testing::Test {
 protected:
  void SetUp() override {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "sanitizers have memory of their own";
#endif
  }
};

struct PassAndInference {
  PassAndInference(const Plan& plan, int batch, ThreadPool& pool, Precision precision)
      : pass(plan, batch, pool, precision), inference(plan, pool) {}
  TrainingPass pass;
  Inference inference;
};

// Buffers are rounded up to huge pages, and small ones are not counted.
TEST_F(MemoryTest, OfTrainingIsAsPredicted) {
  constexpr int kBatch = 512;
  const Plan plan = make_plan(model());
  ThreadPool pool(3);
  std::vector<double> bytes;
  for (const Precision precision : {Precision::kFloat32, Precision::kBf16}) {
    const double taken =
        bytes_taken([&] { return std::make_unique<PassAndInference>(plan, kBatch, pool, precision); });
    bytes.push_back(static_cast<double>(training_bytes(plan, precision, 0, kBatch, pool.size())));
    EXPECT_GT(bytes.back(), (precision == Precision::kBf16 ? 0.88 : 0.93) * taken) << name_of(precision);
    EXPECT_LT(bytes.back(), 1.03 * taken) << name_of(precision);
  }
  EXPECT_LT(bytes[1], 0.65 * bytes[0]);
}

// Each model has a dozen buffers of 20 MB or less, so the rounding counts more.
TEST_F(MemoryTest, OfTrainingWithEveryLayerIsAsPredicted) {
  constexpr int kBatch = 2048;
  ThreadPool pool(1);
  for (const LayerSpec& layer : rung::testing::every_layer()) {
    const Plan plan = make_plan(rung::testing::model_with(layer, {1, 28, 28}, 10));
    for (const Precision precision : {Precision::kFloat32, Precision::kBf16}) {
      const double taken =
          bytes_taken([&] { return std::make_unique<PassAndInference>(plan, kBatch, pool, precision); });
      const auto said = static_cast<double>(training_bytes(plan, precision, 0, kBatch, pool.size()));
      EXPECT_GT(said, (precision == Precision::kBf16 ? 0.8 : 0.9) * taken) << recipe_name(layer);
      EXPECT_LT(said, 1.03 * taken) << recipe_name(layer);
    }
  }
}

TEST_F(MemoryTest, OfElasticTransformsIsAsPredicted) {
  const std::vector<data::Transform> transforms(3, data::ElasticTransform{});
  const double taken = bytes_taken([&] { return data::Augmenter(transforms, {1, 900, 1100}); });
  const auto said = static_cast<double>(data::augmenter_bytes(transforms, {1, 900, 1100}));
  EXPECT_GT(said, 0.8 * taken);
  EXPECT_LT(said, 1.05 * taken);
}

// A blur takes its memory with the first image.
TEST_F(MemoryTest, OfBlursIsAsPredicted) {
  constexpr size_t kAugmenters = 8;
  const std::vector<data::Transform> transforms = {data::GaussianBlur{.kernel_size = {5, 3}}};
  const std::vector<uint8_t> image(size_t{900} * 1100);
  std::vector<uint8_t> blurred(image.size());
  const double taken = bytes_taken([&] {
    std::vector<data::Augmenter> augmenters(kAugmenters, data::Augmenter(transforms, {1, 900, 1100}));
    RandomStream random(1, RandomPurpose::kAugment);
    for (data::Augmenter& augmenter : augmenters) augmenter.apply(image.data(), blurred.data(), random);
    return augmenters;
  });
  const auto said = static_cast<double>(kAugmenters * data::augmenter_bytes(transforms, {1, 900, 1100}));
  EXPECT_GT(said, 0.85 * taken);
  EXPECT_LT(said, 1.05 * taken);
}

TEST_F(MemoryTest, OfALoaderIsAsPredicted) {
  constexpr int kThreads = 3;
  const data::Split split{.count = 0, .height = 900, .width = 1100, .pixels = {}, .labels = {}};
  const std::vector<data::Transform> some = {data::RandomRotation{.degrees = 10}};
  for (const auto& [transforms, mixes] :
       {std::pair(some, false), {std::vector<data::Transform>{}, true}, {some, true}}) {
    const double taken = bytes_taken([&] {
      auto loader = std::make_unique<train::BlockLoader>(split.images(), data::DatasetSpec{});
      loader->augment(transforms, kThreads);
      if (mixes) loader->mix(kThreads);
      return loader;
    });
    const auto said =
        static_cast<double>(kThreads * train::BlockLoader::thread_bytes(transforms, mixes, {1, 900, 1100}));
    EXPECT_GT(said, 0.85 * taken);
    EXPECT_LT(said, 1.05 * taken);
  }
}

TEST(TrainingBytes, GrowsWithBatchesThreadsAndTheOptimizersState) {
  const Plan plan = make_plan(model());
  const uint64_t small = training_bytes(plan, Precision::kFloat32, 1, 16, 1);
  EXPECT_EQ(training_bytes(plan, Precision::kFloat32, 1, 1, 1), small);
  EXPECT_GT(training_bytes(plan, Precision::kFloat32, 1, 17, 1), small);
  EXPECT_GT(training_bytes(plan, Precision::kFloat32, 1, 16, 2), small);
  EXPECT_EQ(training_bytes(plan, Precision::kFloat32, 3, 16, 1),
            small + 2 * sizeof(float) * plan.parameter_count);
}

TEST_F(MemoryTest, OfInferenceIsAsPredicted) {
  ModelSpec large = model();
  large.input = {1, 64, 64};
  const Plan plan = make_plan(large);
  ThreadPool pool(4);
  const double taken = bytes_taken([&] { return std::make_unique<Inference>(plan, pool); });
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

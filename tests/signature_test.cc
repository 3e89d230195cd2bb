// The signatures: the SHA-256 of the weights that three fixed short runs end with. Every number of threads,
// every instruction set with fused multiply-add, every build and every interruption must give them.
//
// A change that is meant to change the numbers also changes a signature. The failing test prints the new one,
// which belongs here in the same commit, together with a new numerics revision: checkpoints of other bits are
// then refused instead of resumed.
#include <gtest/gtest.h>

#include <tuple>

#include "kernels/simd.h"
#include "nn/weights.h"
#include "short_run.h"
#include "train/checkpoint.h"

namespace rung {
namespace {

constexpr int kRevisionOfSignatures = 1;  // raise it, and train::kNumericsRevision, with every new signature

constexpr const char* kSignature = "87988a06b880f0936db5dff39b02cd005f2e603ec565ffd44f4d0e502aa83127";

constexpr const char* kResidualSignature = "d789564b2e7d4e55db79099374b096c791c844c2d945060d2e9f4709dd92d427";

constexpr const char* kToolboxSignature = "b03f2bb843c2bc3952428fc092be674018019358831a4395e4df56d6cf5ce53c";

constexpr const char* kIfMeant =
    "If the new bits are meant: put the new signature here, and raise kRevisionOfSignatures and "
    "train::kNumericsRevision (src/train/checkpoint.h), so that no checkpoint of the old bits is resumed.";

using testing::discs;

class SignatureTest : public ::testing::TestWithParam<std::tuple<std::string, int>> {
 protected:
  void SetUp() override { kernels::force_simd_target(std::get<0>(GetParam())); }
  void TearDown() override { kernels::force_simd_target(""); }
};

std::string signature(const train::Experiment& run, int threads) {
  ThreadPool pool(threads);
  train::Trainer trainer(run, discs(), pool);
  while (trainer.position().epochs < testing::kEpochs) trainer.train_epoch();
  return nn::weights_sha256(trainer.weights());
}

TEST(Signatures, HaveTheProgramsRevision) {
  EXPECT_EQ(kRevisionOfSignatures, train::kNumericsRevision) << "the two are raised together";
}

TEST_P(SignatureTest, IsTheSame) {
  EXPECT_EQ(signature(testing::short_run(), std::get<1>(GetParam())), kSignature) << kIfMeant;
}

TEST_P(SignatureTest, OfAResidualModelIsTheSame) {
  EXPECT_EQ(signature(testing::residual_run(), std::get<1>(GetParam())), kResidualSignature) << kIfMeant;
}

TEST_P(SignatureTest, OfTheToolboxIsTheSame) {
  EXPECT_EQ(signature(testing::toolbox_run(), std::get<1>(GetParam())), kToolboxSignature) << kIfMeant;
}

std::string case_name(const ::testing::TestParamInfo<std::tuple<std::string, int>>& tested) {
  return std::get<0>(tested.param) + "_threads_" + std::to_string(std::get<1>(tested.param));
}

INSTANTIATE_TEST_SUITE_P(TargetsAndThreads, SignatureTest,
                         ::testing::Combine(::testing::ValuesIn(testing::fused_targets()),
                                            ::testing::Values(1, 2, 3, 7)),
                         case_name);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(SignatureTest);  // a machine without fused multiply-add

}  // namespace
}  // namespace rung

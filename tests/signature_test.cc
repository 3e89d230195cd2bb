// The signatures: the SHA-256 of the weights that fixed short runs end with: three with a bit of everything,
// and one for each kind of layer, transform, optimiser and schedule. Every number of threads, every
// instruction set with fused multiply-add, every build and every interruption must give them.
//
// A change that is meant to change the numbers also changes a signature. The failing test prints the new one,
// which belongs here in the same commit, together with a new numerics revision: checkpoints of other bits are
// then refused instead of resumed.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <tuple>

#include "kernels/simd.h"
#include "nn/weights.h"
#include "short_run.h"
#include "train/checkpoint.h"

namespace rung {
namespace {

constexpr int kRevisionOfSignatures = 3;  // raise it, and train::kNumericsRevision, with every new signature

constexpr const char* kSignature = "87988a06b880f0936db5dff39b02cd005f2e603ec565ffd44f4d0e502aa83127";

constexpr const char* kResidualSignature = "c9b4a941e95d1d6f98731cc2cce46916edf831972e20061eaac9df64ccd64aff";

constexpr const char* kToolboxSignature = "b03f2bb843c2bc3952428fc092be674018019358831a4395e4df56d6cf5ce53c";

constexpr const char* kBf16Signature = "82945f2e7965ec8dfb71d475ae629cebaa8d6dda6dd51f6301d9622d9ee62d9e";

constexpr const char* kBf16ResidualSignature =
    "8f5e40b17dd9994ded0ae3db6d6cd2ee16481abd81a5095919bd7aadc0030b8e";

// By the kind's name. A new kind adds a signature, for which nothing is raised.
const std::map<std::string_view, std::string> kSignatureOfKind = {
    {"conv2d", "5e07fe35ea93bf62e01fb38ae471caf43feec97ddebb9c0b2bd49ebea66de43d"},
    {"batch_norm2d", "be91a5f4cce6264a72b8d4e36a77912257b160d6387c4e83c8d35dfb5298f341"},
    {"group_norm", "34344707ebdbf430c99f56b991fca7091466ed2f362051069f5945d33da8060a"},
    {"dropout", "52a14e1d1f57714d88e5bc705d0ba28cac7455b29d4d47effa6699054a772e7e"},
    {"dropout2d", "53eddb6121108c410e3c94cf306c0ac10b8d1022a1f3d1c3896d08ee400df746"},
    {"relu", "e7bd3c33874a3103349fede44098c3eeaa92f3fe83f088c31ab96b5d60230c5e"},
    {"leaky_relu", "32dfefd9d1ed2252278c92e9fd6e8f23bb55f04a8498dea88da2354a2fd2726f"},
    {"prelu", "10657b7ba82470fd0b3de76283b02da1526d901f35519df6c3471dbc2afbb103"},
    {"silu", "0fb1d6c13aa22476331e1e6cc03ae27cf3c41be5060366b15f98b3a216b40972"},
    {"gelu", "26eee38c8b960ac9c9dd0cc27c1c7d41e4974d6451f4a41e0bace7ca11ce5e5e"},
    {"mish", "b6d07d54b4c1011a9426cb6869304cbba45110074de9cda4321b7f13e4e97a1a"},
    {"relu6", "e7bd3c33874a3103349fede44098c3eeaa92f3fe83f088c31ab96b5d60230c5e"},
    {"hardswish", "25450c8eab5aef3fd174cba59e47df4b8c2750056419e62ecee885412a2c6849"},
    {"sigmoid", "8df591cfb9f307d98dc322cfc5e5cd801d9aa0485e986388076d8092db2ac356"},
    {"tanh", "bd2393fbf29587c50442f808c76d5660587f1f2d6051868dccb84f2f93f81738"},
    {"add", "d46612876bd90558c1b01880a99cc0e3821bfdae8109bb93b77012941add38c0"},
    {"max_pool2d", "04a5b2ae06b970c36b528ae5781daf8e6541f76f77eccc6ca83f93dd1a4e3a67"},
    {"avg_pool2d", "523beb9e294ce8152c9ebf444979ab2122a636974b8a55adbabd6c4922f52c39"},
    {"adaptive_avg_pool2d", "7e5ef78f5d47a73769b3ddde8d3037f10da1f1c6984bcad8235fe33e2bd9f4d4"},
    {"flatten", "897b65b0f68d63b19039b5191d0dbdd6871d1f1e87e3e8473e2cd3ed7ae6d3e3"},
    {"linear", "be3a28e6b71d68fdbfaab11afb961607598e2e0537a41952b2f4ab19a85c8c82"},
    {"color_jitter", "f287c3a70ce851f9f145e351c7fa181dca1307076df940b70f94fe8c6b9be2b7"},
    {"random_rotation", "c8fb881046ccef7dba1c716d45138491ad5471b65270bd00a68f327bc29fb69c"},
    {"random_affine", "4877510bfd65a7c138a2c2f020605559b6566e856d294427fd30426255a09cc4"},
    {"random_perspective", "be1ff989cdaaa1b305a8a9aee4fb26fa834b6f2c8baf83dd7e0adc0d8bb8f128"},
    {"elastic_transform", "3f059583c376416a7404f820e15354ee06c5d2a0530bec01683be589a0f4d77a"},
    {"gaussian_blur", "9e4965ca863e48b9b440263b2232121039e5da7bcf151154a3e59b1596ac61ac"},
    {"random_crop", "e007544cf7f013c6a2abb0ccfc9192a3ff59365bf2d2a6f301e45fa4ef3f3923"},
    {"random_horizontal_flip", "3019e73427be69720208c6d94a7bbb96260438c6bbaeafcb557d6eb036daaf61"},
    {"random_vertical_flip", "06cc7e092859621314821717b61a8b27b18833a3531b3aa3757e2a29a5300ff4"},
    {"random_erasing", "978857233f3c7203bd943e77c4d28e785433cca2d8a9d7bf1443cee3ac42fcfe"},
    {"sgd", "1e6c01fdf5159d726ecedf06f8d1cfbbbca6ffef768b1a1fae6b2be5379b8e37"},
    {"adam", "1a769407d8ab05ab1af35808a74882fa0d423e9fad7444b98124677d28b621f0"},
    {"adamw", "60da9bc2f50a675cb02034e1545ec589b2da3a5f57bca26e08e4d435a5e89719"},
    {"rmsprop", "4faabe9b9cc3ca5fd72e11d43eb151740ee7cef5820bc6c3901c01248d5f8d84"},
    {"none", "a65bd15c4b96dfe80074f200dc48b9e6ef058ca90ca378a405985ee1a335a1db"},
    {"step_lr", "ec1f4beb299f4426f2c7bd47e299e19e018185ebb9c611d449b3f2786f090f7c"},
    {"multi_step_lr", "e91da0a7cfc7faeff764c97071b0f4e27e26de766c8626c0e5f21bf9b3da24bc"},
    {"exponential_lr", "9d05b5c3b316d4d30fc21461d1a73f111ebee7ec60d7c4add13ed9a0bfa139c8"},
    {"cosine_annealing_lr", "e8cb4be37e6b1852addfef1629681aceccca78b50ca9c184c5a92096613577b6"},
    {"cosine_annealing_warm_restarts", "7e4b390663406d8707a43611634107b6098f3fe8726eb34aa524685e58e4916a"},
    {"one_cycle_lr", "af1f5832b7f3a3a33d4ae12c072055dd253a6590c7bd4eb52aeb59852000edc5"},
    {"cyclic_lr", "06bb1abd8130b89a35b7e6b71ad6d847df6fdcbef74664a4169a95622638cb1b"},
};

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
  while (trainer.position().epochs < run.training.epochs) trainer.train_epoch();
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

TEST_P(SignatureTest, InBf16IsTheSame) {
  const std::pair<train::Experiment, const char*> runs[] = {
      {testing::short_run(), kBf16Signature}, {testing::residual_run(), kBf16ResidualSignature}};
  for (auto [run, known] : runs) {
    run.training.precision = kernels::Precision::kBf16;
    EXPECT_EQ(signature(run, std::get<1>(GetParam())), known) << kIfMeant;
  }
}

TEST_P(SignatureTest, OfEveryKindIsTheSame) {
  const auto runs = testing::runs_of_every_kind();
  EXPECT_EQ(runs.size(), kSignatureOfKind.size());
  for (const auto& [name, run] : runs) {
    const auto known = kSignatureOfKind.find(name);
    const std::string found = signature(run, std::get<1>(GetParam()));
    EXPECT_EQ(found, known == kSignatureOfKind.end() ? "none yet" : known->second) << name << "\n"
                                                                                   << kIfMeant;
  }
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

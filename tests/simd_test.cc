// What instruction sets are called: by the names that people know, with Highway's as other names for them.
#include "kernels/simd.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"

namespace rung::kernels {
namespace {

TEST(Simd, HighwaysNamesAreOtherNames) {
  EXPECT_EQ(simd_name("AVX3"), "avx512");
  EXPECT_EQ(simd_name("AVX3_DL"), "avx512_bf16");
  EXPECT_EQ(simd_name("avx3_zen4"), "avx512_zen4");
  EXPECT_EQ(simd_name("emu128"), "scalar");
  for (const char* name : {"avx512_bf16", "avx512", "avx2", "sse2", "neon", "scalar"})
    EXPECT_EQ(simd_name(name), name);
  for (const std::string& target : simd_targets()) EXPECT_EQ(simd_name(target), target);
}

TEST(Simd, AnOldNameComputesTheSameBits) {
  EXPECT_TRUE(same_bits("avx3", "avx512"));
  EXPECT_TRUE(same_bits("avx3", "avx2"));
  EXPECT_TRUE(same_bits("emu128", "scalar"));
  EXPECT_FALSE(same_bits("avx3", "scalar"));
}

TEST(Simd, EitherNameForcesTheTarget) {
  const auto targets = simd_targets();
  if (std::ranges::find(targets, "avx512") == targets.end()) GTEST_SKIP() << "no AVX-512 on this machine";
  for (const char* name : {"avx512", "AVX512", "avx3"}) {
    force_simd_target(name);
    EXPECT_EQ(simd_target(), "avx512");
    force_simd_target("");
  }
  EXPECT_THROW(force_simd_target("avx5"), UsageError);
}

// The best target is the one that runs unless another is asked for, and the pair instruction belongs to it.
TEST(Simd, PairsAreMultipliedWhereTheNameSaysSo) {
  force_simd_target("");
  EXPECT_EQ(simd_target(), simd_targets().front());
  for (const std::string& target : simd_targets()) {
    force_simd_target(target);
    EXPECT_EQ(simd_target(), target);
    EXPECT_EQ(has_pair_instruction(), target.ends_with("_bf16")) << target;
  }
  force_simd_target("");
  EXPECT_TRUE(same_bits("avx512_bf16", "avx2"));
}

}  // namespace
}  // namespace rung::kernels

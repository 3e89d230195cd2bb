// What Highway's headers ask of its library, which is therefore not linked: Debian 12's libhwy 1.0.3 measures
// the resolution of its timer, for 4 to 8 ms, in every program that loads it (findings/highway_startup.sh).
// Here too the best of the targets that were compiled is taken which this processor and its system can run.
#include <hwy/highway.h>

namespace hwy {
namespace {

int64_t only_these = 0;  // 0: all that there are

// Highway's definitions of its targets (hwy/ops/set_macros-inl.h has the features). F16C and LZCNT, which
// Clang 14 cannot ask for, come with FMA and BMI.
int64_t detected() {
  int64_t targets = HWY_ENABLED_BASELINE | HWY_EMU128 | HWY_SCALAR;
#if HWY_ARCH_X86
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("bmi") ||
      !__builtin_cpu_supports("bmi2"))
    return targets;
  targets |= HWY_AVX2;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw")) {
    targets |= HWY_AVX3;
    // "Deep learning" here also promises VDPBF16PS, and that two multiply-adds are slower, as on a Zen 5: on
    // a Sapphire Rapids Xeon they are faster. Every processor of AMD's that has it has the others.
    if (__builtin_cpu_is("amd") && __builtin_cpu_supports("avx512bf16") &&
        __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("avx512vnni") &&
        __builtin_cpu_supports("avx512bitalg") && __builtin_cpu_supports("avx512vpopcntdq") &&
        __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("vpclmulqdq"))
      targets |= HWY_AVX3_DL;
  }
#endif
  return targets;
}

}  // namespace

int64_t SupportedTargets() {
  static const int64_t all = detected();
  return only_these == 0 ? all : only_these;
}

void SetSupportedTargetsForTest(int64_t targets) {
  only_these = targets;
}

ChosenTarget& GetChosenTarget() {
  static ChosenTarget chosen;
  return chosen;
}

}  // namespace hwy

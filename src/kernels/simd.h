// Which instruction set the kernels run on. Highway picks the best one the processor has; a test or a user
// can force a smaller one, and can ask which one really runs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rung::kernels {

// The target that the kernels dispatch to, by the name that people know: "avx512_bf16", "avx512", "avx2",
// "sse2", "neon", "scalar", ...
std::string simd_target();

// All targets that this binary holds and this processor can run, best first.
std::vector<std::string> simd_targets();

// The same target by the name that simd_target() gives it, in lower case. Highway's own names are understood,
// as in files that hold them: "avx3" is "avx512", "emu128" is "scalar".
std::string simd_name(std::string_view name);

// Whether kernels on these two targets compute the same bits: all targets with fused multiply-add do.
bool same_bits(std::string_view target, std::string_view other);

// Whether the target is one with an instruction that multiplies pairs of bfloat16 and adds both products to a
// float (AVX512_BF16's VDPBF16PS), where that is faster. Two fused multiply-adds give the same bits.
bool has_pair_instruction();

// Restricts the kernels to `name`, in any spelling that simd_name() understands; an empty name lifts the
// restriction. Throws UsageError for a target that is not in simd_targets(). Must not be called while kernels
// run.
void force_simd_target(std::string_view name);

}  // namespace rung::kernels

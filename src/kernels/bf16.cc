#include "kernels/bf16.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/bf16.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "kernels/elements-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rung::kernels::HWY_NAMESPACE {
namespace {

void pack(int channels, size_t plane, const float* from, Bf16Pair* to) {
  const size_t channel = plane * kLanes;
  for (int c = 0; c < channels; c += 2, from += 2 * channel, to += channel) {
    const bool has_odd = c + 1 < channels;
    for (size_t at = 0; at < channel; at += kVector) {
      const V odd = has_odd ? hn::Load(D(), from + channel + at) : hn::Zero(D());
      store({{hn::Load(D(), from + at), odd}}, to + at);
    }
  }
}

void unpack(int channels, size_t plane, const Bf16Pair* from, float* to) {
  const size_t channel = plane * kLanes;
  for (int c = 0; c < channels; c += 2, from += channel, to += 2 * channel) {
    for (size_t at = 0; at < channel; at += kVector) {
      const Values<Bf16Pair> pair = load(from + at);
      hn::Store(pair.of[0], D(), to + at);
      if (c + 1 < channels) hn::Store(pair.of[1], D(), to + channel + at);
    }
  }
}

}  // namespace
}  // namespace rung::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rung::kernels {

HWY_EXPORT(pack);
HWY_EXPORT(unpack);

void to_pairs(int channels, size_t plane, const float* values, Bf16Pair* pairs) {
  HWY_DYNAMIC_DISPATCH(pack)(channels, plane, values, pairs);
}
void to_floats(int channels, size_t plane, const Bf16Pair* pairs, float* values) {
  HWY_DYNAMIC_DISPATCH(unpack)(channels, plane, pairs, values);
}

}  // namespace rung::kernels
#endif  // HWY_ONCE

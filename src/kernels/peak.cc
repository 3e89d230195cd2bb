#include "kernels/peak.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <vector>

#include "base/aligned_buffer.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/peak.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include <hwy/highway.h>

#include "kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rung::kernels::HWY_NAMESPACE {
namespace {

constexpr int kChains = 12;  // independent ones: more than ports x latency, fewer than AVX2's registers
constexpr int kFmaRounds = 200'000;

// Returns the number of FLOP; `sink` keeps the compiler from removing the work.
double multiply_add(float* sink) {
  const D d;
  const V factor = hn::Set(d, 0.999F);
  const V term = hn::Set(d, 0.001F);
  V sums[kChains];
  for (V& sum : sums) sum = hn::Set(d, *sink);
  for (int round = 0; round < kFmaRounds; ++round) {
    for (V& sum : sums) sum = hn::MulAdd(sum, factor, term);
  }
  for (int i = 1; i < kChains; ++i) sums[0] = hn::Add(sums[0], sums[i]);
  *sink = hn::GetLane(sums[0]);
  return 2.0 * kChains * kFmaRounds * static_cast<double>(kVector);
}

// Reads a multiple of 128 floats.
void read(const float* data, size_t floats, float* sink) {
  const D d;
  constexpr size_t kVectors = 8;
  V sums[kVectors];
  for (V& sum : sums) sum = hn::Zero(d);
  for (size_t at = 0; at < floats; at += kVectors * kVector) {
    for (size_t i = 0; i < kVectors; ++i) sums[i] = hn::Add(sums[i], hn::Load(d, data + at + i * kVector));
  }
  for (size_t i = 1; i < kVectors; ++i) sums[0] = hn::Add(sums[0], sums[i]);
  *sink = hn::GetLane(sums[0]);
}

}  // namespace
}  // namespace rung::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rung::kernels {
namespace {

HWY_EXPORT(multiply_add);
HWY_EXPORT(read);

constexpr int kRounds = 20;
constexpr size_t kFloatsAtATime = 128;
constexpr size_t kLeastBytesARound = size_t{32} << 20;  // a round must take much longer than the pool's start

double best_seconds(const std::function<void()>& round) {
  using Clock = std::chrono::steady_clock;
  double best = 1e9;
  for (int i = 0; i < kRounds; ++i) {
    const auto start = Clock::now();
    round();
    best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return best;
}

}  // namespace

double peak_gflops(ThreadPool& pool) {
  std::vector<float> sinks(static_cast<size_t>(pool.size()), 1.0F);
  std::vector<double> flop(sinks.size());
  const double seconds = best_seconds([&] {
    pool.for_each(pool.size(), [&](int /*index*/, int thread) {
      const auto mine = static_cast<size_t>(thread);
      flop[mine] = HWY_DYNAMIC_DISPATCH(multiply_add)(&sinks[mine]);
    });
  });
  return flop[0] * pool.size() / seconds * 1e-9;
}

double read_bandwidth(ThreadPool& pool, size_t bytes_per_thread) {
  const size_t floats =
      std::max<size_t>(1, bytes_per_thread / sizeof(float) / kFloatsAtATime) * kFloatsAtATime;
  const size_t repeats = std::max<size_t>(1, kLeastBytesARound / (floats * sizeof(float)));
  std::vector<AlignedBuffer<float>> buffers;
  std::vector<float> sinks(static_cast<size_t>(pool.size()));
  for (int thread = 0; thread < pool.size(); ++thread) buffers.emplace_back(floats);
  const double seconds = best_seconds([&] {
    pool.for_each(pool.size(), [&](int /*index*/, int thread) {
      const auto mine = static_cast<size_t>(thread);
      for (size_t i = 0; i < repeats; ++i)
        HWY_DYNAMIC_DISPATCH(read)(buffers[mine].data(), floats, &sinks[mine]);
    });
  });
  return static_cast<double>(floats * sizeof(float) * repeats) * pool.size() / seconds * 1e-9;
}

}  // namespace rung::kernels
#endif  // HWY_ONCE

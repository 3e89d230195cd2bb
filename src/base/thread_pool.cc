#include "base/thread_pool.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <cmath>
#include <system_error>

#include "base/error.h"
#include "base/system_limits.h"

namespace rung {
namespace {

// About 20-50 microseconds: longer than the gap between two loops of a training step, shorter than a time
// slice.
constexpr int kSpins = 2000;

void pause_briefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  std::atomic_signal_fence(std::memory_order_seq_cst);
#endif
}

int checked(int threads) {
  if (threads >= 1 && threads <= 1024) return threads;
  throw UsageError(fmt::format("threads must be between 1 and 1024, not {}", threads));
}

// Returns once `value` differs from `old`.
template <typename T>
void wait_while_equal(const std::atomic<T>& value, T old) {
  for (int spin = 0; spin < kSpins; ++spin) {
    if (value.load(std::memory_order_acquire) != old) return;
    pause_briefly();
  }
  value.wait(old, std::memory_order_acquire);
}

}  // namespace

void ThreadPool::Share::set(int begin, int end) {
  range.store(static_cast<uint64_t>(begin) << 32 | static_cast<uint32_t>(end), std::memory_order_relaxed);
}

std::optional<int> ThreadPool::Share::take(bool first) {
  uint64_t old = range.load(std::memory_order_relaxed);
  while (true) {
    const auto begin = static_cast<uint32_t>(old >> 32);
    const auto end = static_cast<uint32_t>(old);
    if (begin >= end) return std::nullopt;
    const uint64_t rest = first ? old + (uint64_t{1} << 32) : old - 1;
    if (range.compare_exchange_weak(old, rest, std::memory_order_relaxed))
      return static_cast<int>(first ? begin : end - 1);
  }
}

ThreadPool::ThreadPool(int threads)
    : size_(checked(threads)), shares_(static_cast<size_t>(threads)), errors_(static_cast<size_t>(threads)) {
  try {
    for (int thread = 1; thread < threads; ++thread) workers_.emplace_back([this, thread] { work(thread); });
  } catch (const std::system_error& error) {
    stop();
    throw IoError(fmt::format("cannot start {} threads: {}", threads, error.what()), "use fewer threads");
  }
}

ThreadPool::~ThreadPool() {
  stop();
}

void ThreadPool::stop() {
  stopping_.store(true, std::memory_order_relaxed);
  generation_.fetch_add(1, std::memory_order_release);
  generation_.notify_all();
  for (auto& worker : workers_) worker.join();
}

// A fraction of a processor counts as a whole one: an extra thread waits, a missing one wastes the fraction.
int ThreadPool::available_cores() {
  cpu_set_t set;
  const bool affinity = sched_getaffinity(0, sizeof(set), &set) == 0;
  const int cores = affinity ? CPU_COUNT(&set) : static_cast<int>(std::thread::hardware_concurrency());
  return std::max(1, static_cast<int>(std::min<double>(cores, std::ceil(cpu_quota().value_or(cores)))));
}

void ThreadPool::for_each(int count, const std::function<void(int, int)>& task) {
  task_ = &task;
  for (int64_t thread = 0; thread < size_; ++thread) {
    shares_[static_cast<size_t>(thread)].set(static_cast<int>(count * thread / size_),
                                             static_cast<int>(count * (thread + 1) / size_));
  }
  running_.store(size_ - 1, std::memory_order_relaxed);
  generation_.fetch_add(1, std::memory_order_release);
  generation_.notify_all();
  run_share(0);
  for (int left = running_.load(std::memory_order_acquire); left != 0;
       left = running_.load(std::memory_order_acquire)) {
    wait_while_equal(running_, left);
  }
  std::exception_ptr first;
  for (auto& error : errors_) {
    if (!first) first = error;
    error = nullptr;
  }
  if (first) std::rethrow_exception(first);
}

void ThreadPool::work(int thread) {
  uint32_t seen = 0;
  while (true) {
    wait_while_equal(generation_, seen);
    ++seen;
    if (stopping_.load(std::memory_order_relaxed)) return;
    run_share(thread);
    if (running_.fetch_sub(1, std::memory_order_acq_rel) == 1) running_.notify_one();
  }
}

void ThreadPool::run_share(int thread) {
  try {
    while (const auto index = shares_[static_cast<size_t>(thread)].take(/*first=*/true))
      (*task_)(*index, thread);
    for (int other = thread + 1; other < thread + size_; ++other) {
      Share& share = shares_[static_cast<size_t>(other % size_)];
      while (const auto index = share.take(/*first=*/false)) (*task_)(*index, thread);
    }
  } catch (...) {
    errors_[static_cast<size_t>(thread)] = std::current_exception();
  }
}

}  // namespace rung

#include "base/thread_pool.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <cmath>
#include <system_error>

#include "base/cpu_quota.h"
#include "base/error.h"

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

ThreadPool::ThreadPool(int threads) : size_(threads) {
  if (threads < 1 || threads > 1024)
    throw UsageError(fmt::format("threads must be between 1 and 1024, not {}", threads));
  errors_.resize(static_cast<size_t>(threads));
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

// A share of a processor counts as a whole one: a thread too many waits, one too few wastes the share.
int ThreadPool::available_cores() {
  cpu_set_t set;
  const bool affinity = sched_getaffinity(0, sizeof(set), &set) == 0;
  const int cores = affinity ? CPU_COUNT(&set) : static_cast<int>(std::thread::hardware_concurrency());
  return std::max(1, static_cast<int>(std::min<double>(cores, std::ceil(cpu_quota().value_or(cores)))));
}

void ThreadPool::for_each(int count, const std::function<void(int, int)>& task) {
  task_ = &task;
  count_ = count;
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
  const int64_t count = count_;
  const int begin = static_cast<int>(count * thread / size_);
  const int end = static_cast<int>(count * (thread + 1) / size_);
  try {
    for (int index = begin; index < end; ++index) (*task_)(index, thread);
  } catch (...) {
    errors_[static_cast<size_t>(thread)] = std::current_exception();
  }
}

}  // namespace rung

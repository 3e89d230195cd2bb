// A pool of threads that share the indices of a loop. Each begins with its own contiguous share, so a block
// of images mostly stays in one core's cache from one loop to the next. It then helps the others, so a thread
// that the system delays does not delay the rest. Waiting threads spin briefly, because the next loop of a
// training step follows within microseconds; then they sleep.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

namespace rung {

class ThreadPool {
 public:
  // `threads` counts the calling thread. Throws UsageError unless 1 <= threads <= 1024, IoError if the system
  // cannot start that many.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int size() const { return size_; }

  // Calls task(index, thread) for every index in 0 .. count-1, on any thread and in any order, and returns
  // when all are done. If tasks throw, some indices may not be run, and the exception of the lowest thread is
  // rethrown here. Must not be called from a task, or from two threads at once.
  void for_each(int count, const std::function<void(int index, int thread)>& task);

  // Processors that this process may use, by its affinity mask and its control groups' limits; at least 1.
  static int available_cores();

  // `threads`, or if it is 0 as many as there are available cores.
  static int or_available(int threads) { return threads == 0 ? available_cores() : threads; }

 private:
  // The indices that a thread has yet to run; it takes the first, helpers take the last.
  struct alignas(64) Share {
    std::atomic<uint64_t> range{0};  // begin in the upper half, end in the lower

    void set(int begin, int end);
    std::optional<int> take(bool first);
  };

  void work(int thread);
  void run_share(int thread);
  void stop();

  int size_;
  std::vector<Share> shares_;
  std::vector<std::exception_ptr> errors_;  // by thread
  std::vector<std::thread> workers_;
  const std::function<void(int, int)>* task_ = nullptr;
  alignas(64) std::atomic<uint32_t> generation_{0};
  alignas(64) std::atomic<int> running_{0};
  std::atomic<bool> stopping_{false};
};

}  // namespace rung

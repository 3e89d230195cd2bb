// A pool of threads that share the indices of a loop. Which thread runs which index is fixed (contiguous
// shares), so a group of images stays in one core's cache from one loop to the next. Waiting threads spin
// briefly, because the next loop of a training step follows within microseconds, and then sleep.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <thread>
#include <vector>

namespace rung {

class ThreadPool {
 public:
  // `threads` counts the calling thread. Throws UsageError unless 1 <= threads <= 1024, IoError if the system
  // has no room for so many.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int size() const { return size_; }

  // Calls task(index, thread) for every index in 0 .. count-1 and returns when all are done. Thread t runs
  // the indices [count*t/size, count*(t+1)/size) in order. If tasks throw, the exception of the lowest thread
  // is rethrown here once all threads are through. Not to be called from a task, or from two threads at once.
  void for_each(int count, const std::function<void(int index, int thread)>& task);

  // Processors that this process may use, by its affinity mask and its control groups' limits; at least 1.
  static int available_cores();

 private:
  void work(int thread);
  void run_share(int thread);
  void stop();

  int size_;
  std::vector<std::thread> workers_;
  const std::function<void(int, int)>* task_ = nullptr;
  int count_ = 0;
  std::vector<std::exception_ptr> errors_;
  alignas(64) std::atomic<uint32_t> generation_{0};
  alignas(64) std::atomic<int> running_{0};
  std::atomic<bool> stopping_{false};
};

}  // namespace rung

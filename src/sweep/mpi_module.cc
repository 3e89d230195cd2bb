// All calls come from one thread (MPI_THREAD_FUNNELED), the one that created the object. Messages are polled,
// because MPI waits in a busy loop, and training needs the cores.
#include <mpi.h>

#include <array>
#include <list>
#include <utility>

#include "base/error.h"
#include "base/require.h"
#include "sweep/mpi.h"

namespace rung::sweep {
namespace {

class MpiProcesses final : public Processes {
 public:
  MpiProcesses() {
    int provided = 0;
    if (MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS ||
        provided < MPI_THREAD_FUNNELED)
      throw UsageError("this MPI cannot be used in a process with threads");
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &count_);
  }

  ~MpiProcesses() override {
    if (abandoned_) return;
    for (int other = 1; rank_ == 0 && other < count_; ++other) push(other, "");
    for (Sending& one : sending_) MPI_Wait(&one.request, MPI_STATUS_IGNORE);
    MPI_Finalize();
  }

  int rank() const override { return rank_; }
  int count() const override { return count_; }

  std::string machine() const override {
    std::array<char, MPI_MAX_PROCESSOR_NAME> name{};
    int length = 0;
    MPI_Get_processor_name(name.data(), &length);
    return {name.data(), static_cast<size_t>(length)};
  }

  void send(int to, std::string text) override {
    RUNG_REQUIRE(!text.empty());
    push(to, std::move(text));
  }

  std::optional<Message> receive() override {
    let_go();
    int arrived = 0;
    MPI_Status status;
    MPI_Iprobe(MPI_ANY_SOURCE, 0, MPI_COMM_WORLD, &arrived, &status);
    if (arrived == 0) return std::nullopt;
    int size = 0;
    MPI_Get_count(&status, MPI_CHAR, &size);
    Message message{status.MPI_SOURCE, std::string(static_cast<size_t>(size), '\0')};
    MPI_Recv(message.text.data(), size, MPI_CHAR, message.from, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    return message;
  }

  void abandon() override { abandoned_ = true; }

 private:
  struct Sending {
    std::string text;
    MPI_Request request = MPI_REQUEST_NULL;
  };

  void push(int to, std::string text) {
    Sending& one = sending_.emplace_back(Sending{std::move(text)});
    MPI_Isend(one.text.data(), static_cast<int>(one.text.size()), MPI_CHAR, to, 0, MPI_COMM_WORLD,
              &one.request);
  }

  // Forgets messages that have been sent.
  void let_go() {
    sending_.remove_if([](Sending& one) {
      int done = 0;
      MPI_Test(&one.request, &done, MPI_STATUS_IGNORE);
      return done != 0;
    });
  }

  int rank_ = 0;
  int count_ = 1;
  bool abandoned_ = false;
  std::list<Sending> sending_;
};

}  // namespace
}  // namespace rung::sweep

extern "C" rung::sweep::Processes* rung_join_processes() {
  return new rung::sweep::MpiProcesses;
}

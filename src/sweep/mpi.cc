// All calls come from one thread (MPI_THREAD_FUNNELED), the one that created the object. Messages are polled,
// because MPI waits in a busy loop, and training needs the cores.
#include "sweep/mpi.h"

#include <cstdlib>

#include "base/error.h"
#include "base/require.h"

#if RUNG_HAS_MPI
#include <mpi.h>

#include <array>
#include <list>
#include <utility>
#endif

namespace rung::sweep {

// The variables of Open MPI's mpirun, and of the interface that Slurm and MPICH's mpirun use.
bool Processes::are_launched() {
  for (const char* variable : {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK"})
    if (std::getenv(variable) != nullptr) return true;
  return false;
}

#if RUNG_HAS_MPI

struct Processes::Implementation {
  struct Sending {
    std::string text;
    MPI_Request request = MPI_REQUEST_NULL;
  };

  int rank = 0;
  int count = 1;
  bool abandoned = false;
  std::list<Sending> sending;

  void send(int to, std::string text) {
    Sending& one = sending.emplace_back(Sending{std::move(text)});
    MPI_Isend(one.text.data(), static_cast<int>(one.text.size()), MPI_CHAR, to, 0, MPI_COMM_WORLD,
              &one.request);
  }

  // Forgets messages that have been sent.
  void let_go() {
    sending.remove_if([](Sending& one) {
      int done = 0;
      MPI_Test(&one.request, &done, MPI_STATUS_IGNORE);
      return done != 0;
    });
  }
};

Processes::Processes() : implementation_(std::make_unique<Implementation>()) {
  int provided = 0;
  if (MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS ||
      provided < MPI_THREAD_FUNNELED)
    throw UsageError("this MPI cannot be used in a process with threads");
  MPI_Comm_rank(MPI_COMM_WORLD, &implementation_->rank);
  MPI_Comm_size(MPI_COMM_WORLD, &implementation_->count);
}

Processes::~Processes() {
  if (implementation_->abandoned) return;
  for (int other = 1; rank() == 0 && other < count(); ++other) implementation_->send(other, "");
  for (Implementation::Sending& one : implementation_->sending) MPI_Wait(&one.request, MPI_STATUS_IGNORE);
  MPI_Finalize();
}

std::string Processes::machine() const {
  std::array<char, MPI_MAX_PROCESSOR_NAME> name{};
  int length = 0;
  MPI_Get_processor_name(name.data(), &length);
  return {name.data(), static_cast<size_t>(length)};
}

void Processes::send(int to, std::string text) {
  RUNG_REQUIRE(!text.empty());
  implementation_->send(to, std::move(text));
}

std::optional<Processes::Message> Processes::receive() {
  implementation_->let_go();
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

#else

struct Processes::Implementation {
  int rank = 0;
  int count = 1;
  bool abandoned = false;
};

Processes::Processes() {
  throw UsageError("this program was built without MPI, so the processes cannot share the work",
                   "install an MPI (Debian: libopenmpi-dev) and build again, or start it without mpirun");
}

Processes::~Processes() = default;

std::string Processes::machine() const {
  return "";
}

void Processes::send(int /*to*/, std::string /*text*/) {}

std::optional<Processes::Message> Processes::receive() {
  return std::nullopt;
}

#endif

int Processes::rank() const {
  return implementation_->rank;
}

int Processes::count() const {
  return implementation_->count;
}

void Processes::abandon() {
  implementation_->abandoned = true;
}

}  // namespace rung::sweep

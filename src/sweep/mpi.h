// The processes that one `mpirun` or `srun` started, and the texts sent between them. Only mpi_module.cc
// knows MPI. It is a file of its own, rung_mpi.so, that is loaded if there are such processes.
#pragma once

#include <memory>
#include <optional>
#include <string>

namespace rung::sweep {

class Processes {
 public:
  // Whether such a launcher started this process, according to its environment. Costs nothing: MPI is not
  // used before join().
  static bool are_launched();

  // Throws UsageError if Rung is built without MPI, IoError if it cannot be loaded.
  static std::unique_ptr<Processes> join();

  // Process 0 tells the others that it has ended; then all wait for each other.
  virtual ~Processes() = default;
  Processes(const Processes&) = delete;
  Processes& operator=(const Processes&) = delete;

  virtual int rank() const = 0;
  virtual int count() const = 0;
  virtual std::string machine() const = 0;

  // Does not wait until it has arrived. Preconditions: the text is not empty.
  virtual void send(int to, std::string text) = 0;

  struct Message {
    int from = 0;
    std::string text;  // empty: process 0 has ended
  };
  // The next message that has arrived. Does not wait.
  virtual std::optional<Message> receive() = 0;

  // One of the others may be gone: the destructor does not wait for them.
  virtual void abandon() = 0;

 protected:
  Processes() = default;
};

}  // namespace rung::sweep

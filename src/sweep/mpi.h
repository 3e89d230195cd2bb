// The processes that one `mpirun` or `srun` started, and the texts sent between them. Only mpi.cc knows MPI;
// in a build without MPI it says so.
#pragma once

#include <memory>
#include <optional>
#include <string>

namespace rung::sweep {

class Processes {
 public:
  // Whether such a launcher started this process, according to its environment. Costs nothing: MPI is not
  // used before an object of this class exists.
  static bool are_launched();

  // Throws UsageError if Rung is built without MPI.
  Processes();
  // Process 0 tells the others that it has ended; then all wait for each other.
  ~Processes();
  Processes(const Processes&) = delete;
  Processes& operator=(const Processes&) = delete;

  int rank() const;
  int count() const;
  std::string machine() const;

  // Does not wait until it has arrived. Preconditions: the text is not empty.
  void send(int to, std::string text);

  struct Message {
    int from = 0;
    std::string text;  // empty: process 0 has ended
  };
  // The next message that has arrived. Does not wait.
  std::optional<Message> receive();

  // One of the others may be gone: the destructor does not wait for them.
  void abandon();

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace rung::sweep

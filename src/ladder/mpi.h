// The processes that one `mpirun` or `srun` started, and texts that are sent between them. mpi.cc is the only
// file that knows MPI; where Rung is built without, it says so.
#pragma once

#include <memory>
#include <optional>
#include <string>

namespace rung::ladder {

class Processes {
 public:
  // Whether such a launcher started this process, as its environment says. Costs nothing: MPI is not
  // touched before there is an object of this class.
  static bool are_launched();

  // Throws UsageError if Rung is built without MPI.
  Processes();
  // Process 0 tells the others that it has ended, and all wait for each other.
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

  // One of the others may be gone: the end does not wait for them.
  void abandon();

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace rung::ladder

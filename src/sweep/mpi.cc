#include "sweep/mpi.h"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include "base/error.h"
#include "base/shared_library.h"

namespace rung::sweep {
namespace {

namespace fs = std::filesystem;

// Beside the program, in the folder above it (as for the tests), or where it is installed.
std::string module_file() {
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  for (const fs::path& folder : {program, program / "..", program / RUNG_MODULE_FOLDER})
    if (fs::path file = folder / "rung_mpi.so"; fs::exists(file, ignored)) return file.string();
  throw UsageError(
      "the processes cannot share the work: this program was built without MPI, or moved without rung_mpi.so",
      "install an MPI (Debian: libopenmpi-dev) and build again, or start it without mpirun");
}

}  // namespace

// The variables of Open MPI's mpirun, and of the interface that Slurm and MPICH's mpirun use.
bool Processes::are_launched() {
  for (const char* variable : {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK"})
    if (std::getenv(variable) != nullptr) return true;
  return false;
}

std::unique_ptr<Processes> Processes::join() {
  static const SharedLibrary module(module_file(), SharedLibrary::Scope::kGlobal);
  Processes* (*join)() = module["rung_join_processes"];
  return std::unique_ptr<Processes>(join());
}

}  // namespace rung::sweep

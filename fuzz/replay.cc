// Replaces libFuzzer in builds without it: runs a target on the files of the given folders. Fails if the
// target refuses all of them, because then no property was checked.
#include <cstdio>
#include <filesystem>

#include "base/file.h"
#include "target.h"

int main(int argc, char** argv) {
  constexpr uint64_t kMaxSeedBytes = 1 << 20;
  for (const char* folder : std::span(argv, static_cast<size_t>(argc)).subspan(1)) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      std::printf("%s\n", entry.path().c_str());
      std::fflush(stdout);  // the last name printed is the input that crashed
      const auto bytes = rung::read_file(entry.path(), kMaxSeedBytes);
      LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    }
  }
  if (rung::fuzz::accepted > 0) return EXIT_SUCCESS;
  std::fprintf(stderr, "every input was refused\n");
  return EXIT_FAILURE;
}

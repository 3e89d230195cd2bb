// train::parse_safetensors on arbitrary bytes.
#include "train/safetensors.h"

#include "target.h"

namespace {

template <typename Tensors>
void check_sizes(const Tensors& tensors) {
  for (const auto& [name, tensor] : tensors) {
    uint64_t values = 1;
    for (const int64_t side : tensor.shape) values *= static_cast<uint64_t>(side);
    rung::fuzz::require(values == tensor.values.size(), "as many values as the shape says");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return rung::fuzz::parse_or_refuse(data, size, [](auto bytes) {
    const auto tensors = rung::train::parse_safetensors(bytes, "seed");
    check_sizes(tensors.floats);
    check_sizes(tensors.bytes);
  });
}

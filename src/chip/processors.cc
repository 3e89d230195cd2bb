#include "chip/processors.h"

#include <algorithm>
#include <array>

namespace rung::chip {

std::span<const Processor> processors() {
  static constexpr auto kProcessors = std::to_array<Processor>({
      {"cortex-m0", "Cortex-M0", 8, 1060, {"STM32F030F4", 16 << 10, 4 << 10}},
      {"cortex-m3", "Cortex-M3", 8, 240, {"STM32F103C8", 64 << 10, 20 << 10}},
      {"cortex-m4", "Cortex-M4", 8, 310, {"nRF52832", 512 << 10, 64 << 10}},
      {"cortex-m7", "Cortex-M7", 8, 310, {"STM32F746", 1 << 20, 320 << 10}},
      {"cortex-m33", "Cortex-M33", 8, 240, {"nRF9160", 1 << 20, 256 << 10}},
      {"cortex-m55", "Cortex-M55", 8, 240, {}},
      {"rv32imc", "RV32IMC", 8, 70, {"GD32VF103CB", 128 << 10, 32 << 10}},
      {"avr", "AVR", 1, 430, {"ATmega328P", 32 << 10, 2 << 10}},
  });
  return kProcessors;
}

const Processor* find_processor(std::string_view name) {
  const auto found = std::ranges::find(processors(), name, &Processor::name);
  return found == processors().end() ? nullptr : &*found;
}

}  // namespace rung::chip

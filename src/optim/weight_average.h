// torch.optim.swa_utils.AveragedModel with an exponential moving average.
#pragma once

#include <span>

namespace rung::optim {

// averaged = decay * averaged + (1 - decay) * values. Both have the same size.
void move_average(double decay, std::span<const float> values, std::span<float> averaged);

}  // namespace rung::optim

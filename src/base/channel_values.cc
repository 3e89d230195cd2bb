#include "base/channel_values.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/require.h"

namespace rung {

ChannelValues::ChannelValues(std::span<const double> by_channel) : values_{}, count_(by_channel.size()) {
  RUNG_REQUIRE(!by_channel.empty() && by_channel.size() <= kMostChannels);
  std::ranges::copy(by_channel, values_.begin());
}

std::string to_text(const ChannelValues& channels) {
  const auto values = channels.values();
  return values.size() == 1 ? fmt::format("{}", values[0])
                            : fmt::format("[{}]", fmt::join(values.begin(), values.end(), ", "));
}

}  // namespace rung

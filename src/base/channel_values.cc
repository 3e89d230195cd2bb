#include "base/channel_values.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "base/require.h"

namespace rung {

ChannelValues::ChannelValues(std::span<const double> by_channel) : values_{}, count_(by_channel.size()) {
  RUNG_REQUIRE(!by_channel.empty() && by_channel.size() <= kMostChannels);
  std::ranges::copy(by_channel, values_.begin());
}

double ChannelValues::mean() const {
  return std::accumulate(values().begin(), values().end(), 0.0) / static_cast<double>(count_);
}

std::string to_text(const ChannelValues& channels, std::string_view format) {
  std::vector<std::string> texts;
  for (const double value : channels.values()) texts.push_back(fmt::format(fmt::runtime(format), value));
  return texts.size() == 1 ? texts[0] : fmt::format("[{}]", fmt::join(texts, ", "));
}

}  // namespace rung

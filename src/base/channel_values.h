// A number for all channels of an image, or one for each, as torchvision.transforms.Normalize takes the means
// and the standard deviations of pixels.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace rung {

inline constexpr size_t kMostChannels = 3;

class ChannelValues {
 public:
  constexpr ChannelValues(double of_all = 0) : values_{of_all}, count_(1) {}  // NOLINT: that of all channels

  // Precondition: there are 1 to kMostChannels values.
  explicit ChannelValues(std::span<const double> by_channel);

  double of_channel(size_t channel) const { return values_[count_ == 1 ? 0 : channel]; }

  // One for all channels, or one for each.
  std::span<const double> values() const { return std::span(values_).first(count_); }

  double mean() const;

  // What `change` makes of each of them.
  template <typename Change>
  ChannelValues map(Change change) const {
    ChannelValues changed = *this;
    for (double& value : std::span(changed.values_).first(count_)) value = change(value);
    return changed;
  }

  friend bool operator==(const ChannelValues&, const ChannelValues&) = default;

 private:
  std::array<double, kMostChannels> values_;
  size_t count_;
};

// "0.1307", or "[0.4914, 0.4822, 0.4465]". `format` is fmt's for a number; without one it is the shortest
// text that reads back as the same.
std::string to_text(const ChannelValues& channels, std::string_view format = "{}");

}  // namespace rung

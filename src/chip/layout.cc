#include "chip/layout.h"

#include <algorithm>
#include <limits>
#include <utility>
#include "base/require.h"

namespace rung::chip {
namespace {

using quantise::AveragePool;
using quantise::Convolution;
using quantise::Lookup;
using quantise::MaxPool;
using quantise::Slide;
using quantise::Slopes;
using quantise::Sum;

// Bytes of the unsigned type that holds numbers up to `largest`.
int64_t bytes_for(int64_t largest) {
  if (largest <= std::numeric_limits<uint8_t>::max()) return 1;
  return largest <= std::numeric_limits<uint16_t>::max() ? 2 : 4;
}

// Up to the next multiple.
int64_t aligned(int64_t bytes, int64_t alignment) {
  return (bytes + alignment - 1) / alignment * alignment;
}

// Makes one stage from one node, and collects what they need.
class Builder {
 public:
  explicit Builder(const quantise::IntegerModel& model) : model_(model) {}

  Layout build() && {
    for (size_t at = 1; at < model_.nodes.size(); ++at) {
      const quantise::Node& node = model_.nodes[at];
      Stage stage;
      stage.node = &node;
      stage.input = model_.input_of(node);
      stage.output = node.output;
      std::visit([&](const auto& operation) { add(operation, stage); }, node.operation);
      result_.stages.push_back(stage);
    }
    for (Stage& stage : result_.stages) {
      stage.ring = take(stage.pixels * stage.input.channels);
      if (stage.kind == StageKind::kMaxTiles)
        stage.sum = take(int64_t{stage.output.width} * stage.output.channels);
    }
    count_waiting();
    for (Queue& queue : result_.queues) queue.at = take(queue.pixels * queue.channels);
    pack_weights();
    result_.classes = model_.classes;
    return std::move(result_);
  }

 private:
  int64_t take(int64_t bytes) {
    const int64_t at = result_.memory;
    result_.memory += bytes;
    return at;
  }
  int64_t take_sums(int64_t count) {
    const int64_t at = result_.sums;
    result_.sums += count;
    return at;
  }

  static bool tiles(const Slide& slide) {
    return slide.stride == slide.kernel && slide.dilation == nn::Size2{1, 1} &&
           slide.before == nn::Size2{0, 0} && slide.after == nn::Size2{0, 0};
  }
  static bool covers(const Slide& slide, const nn::Shape& plane) {
    return slide.kernel == nn::plane(plane) && slide.dilation == nn::Size2{1, 1} &&
           slide.before == nn::Size2{0, 0} && slide.after == nn::Size2{0, 0};
  }

  void set_requantisation(const std::optional<quantise::Requantisation>& requantisation, Stage& stage) {
    stage.channel = static_cast<int64_t>(result_.biases.size());
    if (!requantisation) return;
    stage.shift = requantisation->shift;
    stage.zero = requantisation->zero;
  }
  // Biases and multipliers have the same numbers. Those that a stage lacks are zeros.
  void add_channel(int32_t bias, int32_t multiplier) {
    result_.biases.push_back(bias);
    result_.multipliers.push_back(multiplier);
  }

  // A ring that holds the newest window, and room for its copy.
  void keep_window(Stage& stage, int64_t channels) {
    const nn::Size2 extent = stage.slide.extent();
    stage.pixels = int64_t{extent.h - 1} * stage.width() + extent.w;
    result_.window = std::max(result_.window, channels * stage.slide.kernel.h * stage.slide.kernel.w);
  }

  void add(const quantise::Image& /*image*/, Stage& /*stage*/) {}

  void add(const Convolution& c, Stage& stage) {
    stage.slide = c.slide;
    stage.groups = c.groups;
    stage.padding = c.padding[0];
    if (c.padding.size() > 1) {
      RUNG_REQUIRE(result_.stages.empty());
      result_.image_padding = c.padding;
    }
    set_requantisation(c.requantisation, stage);
    for (size_t k = 0; k < c.bias.size(); ++k)
      add_channel(c.bias[k], c.requantisation ? c.requantisation->of_channel(k) : 0);
    stage.weight = static_cast<int64_t>(weights_.size());
    weights_.insert(weights_.end(), c.weight.begin(), c.weight.end());
    result_.weight_bits = c.weight_bits;
    if (c.groups == 1 && covers(c.slide, stage.input) && stage.input.height * stage.input.width > 1) {
      stage.kind = StageKind::kConvolvePlane;
      stage.sum = take_sums(stage.output.channels + stage.output.channels % 2);
    } else {
      stage.kind = StageKind::kConvolve;
      keep_window(stage, stage.input.channels / c.groups);
    }
  }

  void add(const MaxPool& pool, Stage& stage) {
    stage.slide = pool.slide;
    stage.kind = tiles(pool.slide) ? StageKind::kMaxTiles : StageKind::kMaxWindows;
    if (stage.kind == StageKind::kMaxWindows) keep_window(stage, stage.input.channels);
  }

  void add(const AveragePool& pool, Stage& stage) {
    stage.slide = pool.slide;
    stage.padding = pool.padding;
    set_requantisation(pool.requantisation, stage);
    add_channel(pool.bias, pool.requantisation ? pool.requantisation->of_channel(0) : 0);
    stage.kind = tiles(pool.slide) ? StageKind::kMeanTiles : StageKind::kMeanWindows;
    if (stage.kind == StageKind::kMeanTiles) {
      stage.sum = take_sums(int64_t{stage.output.width} * stage.output.channels);
    } else {
      keep_window(stage, stage.input.channels);
    }
  }

  void add(const Sum& sum, Stage& stage) {
    stage.kind = StageKind::kAdd;
    stage.shift = sum.shift;
    stage.channel = static_cast<int64_t>(result_.biases.size());
    for (const int32_t multiplier : sum.multiplier) add_channel(0, multiplier);
    stage.weight = static_cast<int64_t>(result_.queues.size());
    result_.queues.push_back({.from = stage.node->inputs[1],
                              .to = result_.stages.size() + 1,
                              .channels = stage.input.channels,
                              .offset = sum.offset});
  }

  void add(const Lookup& lookup, Stage& stage) {
    stage.kind = StageKind::kLookUp;
    stage.weight = static_cast<int64_t>(result_.tables.size());
    result_.tables.insert(result_.tables.end(), lookup.table.begin(), lookup.table.end());
  }

  void add(const Slopes& slopes, Stage& stage) {
    stage.kind = StageKind::kSlopes;
    stage.padding = slopes.zero;
    set_requantisation(slopes.negative, stage);
    add_channel(0, slopes.positive);
    for (size_t c = 0; c < static_cast<size_t>(stage.input.channels); ++c)
      add_channel(0, slopes.negative.of_channel(c));
  }

  // How many pixels wait in each queue at most: the stages' positions are followed as the C code moves them.
  void count_waiting();

  void pack_weights() {
    const size_t per_byte = 8 / static_cast<size_t>(result_.weight_bits);
    const unsigned mask = (1U << result_.weight_bits) - 1;
    result_.weights.resize((weights_.size() + per_byte - 1) / per_byte);
    for (size_t i = 0; i < weights_.size(); ++i) {
      const auto shift = static_cast<size_t>(result_.weight_bits) * (i % per_byte);
      const auto bits = (static_cast<unsigned>(weights_[i]) & mask) << shift;
      result_.weights[i / per_byte] =
          static_cast<int8_t>(static_cast<unsigned>(result_.weights[i / per_byte]) | bits);
    }
  }

  const quantise::IntegerModel& model_;
  Layout result_;
  std::vector<int8_t> weights_;  // not packed
};

// Which pixel of its input each stage takes next.
class Positions {
 public:
  Positions(const Layout& layout, std::vector<Queue>& queues) : layout_(layout), queues_(queues) {
    positions_.resize(layout.stages.size());
    waiting_.resize(queues.size());
    for (size_t level = positions_.size(); level-- > 0;) {
      if (is_border(level)) run(level);
    }
    for (int64_t i = 0; i < layout.stages[0].input.height * layout.stages[0].input.width; ++i) {
      gave(0);
      run(0);
    }
  }

 private:
  struct Position {
    int row = 0;
    int column = 0;
  };

  bool is_border(size_t level) const {
    const Stage& stage = layout_.stages[level];
    const auto [row, column] = positions_[level];
    const Slide& slide = stage.slide;
    return row < stage.height() && (row < slide.before.h || row >= stage.height() - slide.after.h ||
                                    column < slide.before.w || column >= stage.width() - slide.after.w);
  }

  // Takes one pixel; whether the stage gives one.
  bool take(size_t level) {
    const Stage& stage = layout_.stages[level];
    const Position at = positions_[level];
    positions_[level] =
        at.column + 1 == stage.width() ? Position{at.row + 1, 0} : Position{at.row, at.column + 1};
    const nn::Size2 extent = stage.slide.extent();
    const int row = at.row - (extent.h - 1);
    const int column = at.column - (extent.w - 1);
    return row >= 0 && column >= 0 && row % stage.slide.stride.h == 0 && column % stage.slide.stride.w == 0;
  }

  void gave(size_t stage) {
    for (size_t q = 0; q < queues_.size(); ++q) {
      if (queues_[q].from == stage) queues_[q].pixels = std::max(queues_[q].pixels, ++waiting_[q]);
      if (queues_[q].to == stage) --waiting_[q];
    }
  }

  void run(size_t base) {
    size_t level = base;
    for (;;) {
      if (take(level)) {
        gave(level + 1);
        if (level + 1 < positions_.size()) {
          ++level;
          continue;
        }
      }
      while (!is_border(level)) {
        if (level == base) return;
        --level;
      }
    }
  }

  const Layout& layout_;
  std::vector<Queue>& queues_;
  std::vector<Position> positions_;
  std::vector<int64_t> waiting_;
};

void Builder::count_waiting() {
  if (!result_.queues.empty()) Positions(result_, result_.queues);
}

}  // namespace

std::vector<int64_t> Stage::sizes() const {
  return {input.channels, output.channels, height(),         width(),          slide.before.h,
          slide.before.w, slide.after.h,   slide.after.w,    slide.kernel.h,   slide.kernel.w,
          slide.stride.h, slide.stride.w,  slide.dilation.h, slide.dilation.w, groups};
}
std::vector<int64_t> Stage::offsets() const {
  return {ring, pixels, sum, weight, channel};
}

bool Layout::ends_in_bytes() const {
  return !quantise::gives_sums(stages.back().node->operation);
}

int64_t Layout::bytes_of_memory() const {
  return memory + (ends_in_bytes() ? classes : 0);
}

bool Layout::has_short_biases() const {
  return std::ranges::all_of(biases, [](int32_t bias) { return bias >= INT16_MIN && bias <= INT16_MAX; });
}

std::set<StageKind> Layout::kinds() const {
  std::set<StageKind> result;
  for (const Stage& stage : stages) result.insert(stage.kind);
  return result;
}

bool Layout::is_padded() const {
  return std::ranges::any_of(stages, [](const Stage& stage) {
    return stage.slide.before != nn::Size2{0, 0} || stage.slide.after != nn::Size2{0, 0};
  });
}

int Layout::least_shift() const {
  int least = quantise::kMostShift;
  for (const Stage& stage : stages) {
    if (stage.shift != 0 && stage.kind != StageKind::kAdd) least = std::min(least, stage.shift);
  }
  return least;
}

int64_t Layout::size_bytes() const {
  int64_t largest = 0;
  for (const Stage& stage : stages) largest = std::max(largest, std::ranges::max(stage.sizes()));
  return bytes_for(largest);
}

int64_t Layout::offset_bytes() const {
  int64_t largest =
      std::max({bytes_of_memory(), std::ssize(tables), std::ssize(weights) * (8 / weight_bits), sums});
  for (const Stage& stage : stages) largest = std::max(largest, std::ranges::max(stage.offsets()));
  return bytes_for(largest);
}

Layout lay_out(const quantise::IntegerModel& model) {
  return Builder(model).build();
}

Sizes sizes_of(const Layout& layout, int64_t most_alignment) {
  const int64_t sizes = layout.size_bytes();
  const int64_t offsets = layout.offset_bytes();
  const int64_t of_offset = std::min(offsets, most_alignment);
  const int64_t of_larger = std::min(std::max(sizes, offsets), most_alignment);
  const int64_t of_int64 = std::min<int64_t>(8, most_alignment);
  const int64_t stage = aligned(aligned(4 + 15 * sizes, of_offset) + 5 * offsets, of_larger);
  const int64_t queue = aligned(4 * offsets, of_int64) + 8;
  const int64_t state = aligned(aligned(2 * sizes, of_offset) + 2 * offsets, of_larger);
  const auto stages = std::ssize(layout.stages);
  const auto queues = std::ssize(layout.queues);
  return {.constants = std::ssize(layout.weights) +
                       std::ssize(layout.biases) * (layout.has_short_biases() ? 2 : 4) +
                       std::ssize(layout.multipliers) * 4 + std::ssize(layout.tables) +
                       std::ssize(layout.image_padding) + stages * stage + queues * queue,
          .ram = layout.bytes_of_memory() + layout.window + 4 * layout.sums + 4 * int64_t{layout.classes} +
                 1 + stages * state + queues * 2 * offsets};
}

}  // namespace rung::chip

// Forward, every position of a layer keeps the first and the last pixel that it sees, along each axis. All
// channels see the same, until `flatten` makes positions into channels; from then on until a layer mixes them
// again, each channel keeps its own field. Backward it finds the positions that matter.
#include "nn/receptive_field.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <span>

#include "base/require.h"
#include "nn/layer.h"

namespace rung::nn {
namespace {

using kernels::Window;

// From the first to the last pixel along one axis.
struct Extent {
  int first = std::numeric_limits<int>::max();
  int last = -1;

  bool empty() const { return last < first; }
  int length() const { return empty() ? 0 : last - first + 1; }
};

Extent join(const Extent& a, const Extent& b) {
  return {std::min(a.first, b.first), std::max(a.last, b.last)};
}

Extent join_all(std::span<const Extent> extents) {
  Extent all;
  for (const Extent& extent : extents) all = join(all, extent);
  return all;
}

// What the positions of each window, `step` apart, see together. Two runs of 1, 2, 4, ... of them cover any
// window.
std::vector<Extent> join_windows(std::vector<Extent> positions, std::span<const Window> windows, int step) {
  std::vector<std::vector<Extent>> runs{std::move(positions)};
  std::vector<Extent> joined;
  for (const Window& window : windows) {
    const int length = (window.end - window.begin + step - 1) / step;
    if (length == 0) {
      joined.emplace_back();
      continue;
    }
    size_t level = 0;
    while (2 << level <= length) ++level;
    while (runs.size() <= level) {
      const std::vector<Extent>& half = runs.back();
      const size_t next = static_cast<size_t>(step) << (runs.size() - 1);
      std::vector<Extent> whole;
      for (size_t i = 0; i + next < half.size(); ++i) whole.push_back(join(half[i], half[i + next]));
      runs.push_back(std::move(whole));
    }
    const int last = window.begin + (length - (1 << level)) * step;
    joined.push_back(
        join(runs[level][static_cast<size_t>(window.begin)], runs[level][static_cast<size_t>(last)]));
  }
  return joined;
}

// Of a layer that has them.
std::optional<Windows> windows_of(const LayerSpec& layer, const Shape& input) {
  return std::visit(
      [&](const auto& one) -> std::optional<Windows> {
        if constexpr (requires { one.windows(input); }) return one.windows(input);
        return std::nullopt;
      },
      layer);
}
std::optional<ChannelGroups> channel_groups_of(const LayerSpec& layer, const Shape& input) {
  return std::visit(
      [&](const auto& one) -> std::optional<ChannelGroups> {
        if constexpr (requires { one.channel_groups(input); }) return one.channel_groups(input);
        return std::nullopt;
      },
      layer);
}

struct Field {
  Extent rows;
  Extent columns;
};

Field join(const Field& a, const Field& b) {
  return {join(a.rows, b.rows), join(a.columns, b.columns)};
}

// What the values of one layer's output see.
class Fields {
 public:
  explicit Fields(const Shape& image) {
    for (int row = 0; row < image.height; ++row) rows_.push_back({row, row});
    for (int column = 0; column < image.width; ++column) columns_.push_back({column, column});
  }

  void look(const Windows& windows) {
    rows_ = join_windows(std::move(rows_), windows.rows, windows.step.h);
    columns_ = join_windows(std::move(columns_), windows.columns, windows.step.w);
  }

  // Each of `groups` of the channels makes as many of the `outputs`.
  void mix_channels(size_t groups, size_t outputs) {
    if (groups == 1) channels_.clear();  // a position's field is that of all channels together
    if (channels_.empty()) return;
    const size_t inputs = channels_.size() / groups;
    std::vector<Field> mixed;
    for (size_t group = 0; group < groups; ++group) {
      Field all;
      for (size_t i = group * inputs; i < (group + 1) * inputs; ++i) all = join(all, channels_[i]);
      mixed.insert(mixed.end(), outputs / groups, all);
    }
    channels_ = std::move(mixed);
  }

  void flatten(size_t channels) {
    if (rows_.size() * columns_.size() == 1) return;
    std::vector<Field> flat;
    for (size_t channel = 0; channel < channels; ++channel) {
      for (const Extent& row : rows_) {
        for (const Extent& column : columns_) {
          const bool blind = row.empty() || column.empty();
          const Field own = channels_.empty() ? Field{row, column} : channels_[channel];
          flat.push_back(blind ? Field{} : own);
        }
      }
    }
    channels_ = std::move(flat);
    rows_ = {join_all(rows_)};
    columns_ = {join_all(columns_)};
  }

  void add(const Fields& other) {
    if (!channels_.empty() || !other.channels_.empty()) {
      channels_.resize(std::max(channels_.size(), other.channels_.size()), whole());
      for (size_t channel = 0; channel < channels_.size(); ++channel)
        channels_[channel] =
            join(channels_[channel], other.channels_.empty() ? other.whole() : other.channels_[channel]);
    }
    for (size_t i = 0; i < rows_.size(); ++i) rows_[i] = join(rows_[i], other.rows_[i]);
    for (size_t i = 0; i < columns_.size(); ++i) columns_[i] = join(columns_[i], other.columns_[i]);
  }

  // Of the value that sees most, along each axis.
  Size2 largest() const {
    if (whole().rows.empty() || whole().columns.empty()) return {0, 0};
    Size2 size{0, 0};
    const auto see = [&](const Field& field) {
      size = {std::max(size.h, field.rows.length()), std::max(size.w, field.columns.length())};
    };
    for (const Field& channel : channels_) see(channel);
    if (!channels_.empty()) return size;
    for (const Extent& row : rows_) see({row, {}});
    for (const Extent& column : columns_) see({{}, column});
    return size;
  }

 private:
  Field whole() const { return {join_all(rows_), join_all(columns_)}; }

  std::vector<Extent> rows_;     // by position; nothing where only padding is seen
  std::vector<Extent> columns_;  // likewise
  std::vector<Field> channels_;  // by channel, where they differ
};

// The layers whose output a later layer adds.
std::vector<bool> added_layers(const ModelSpec& model) {
  std::vector<bool> added(model.layers.size());
  for (size_t i = 0; i < model.layers.size(); ++i) {
    if (const auto* sum = std::get_if<Add>(&model.layers[i]))
      added[static_cast<size_t>(added_layer(*sum, i))] = true;
  }
  return added;
}

void find_fields(const ModelSpec& model, ModelInfo& info) {
  const std::vector<bool> added = added_layers(model);
  std::vector<std::optional<Fields>> kept(model.layers.size());  // of those
  Fields fields(model.input);
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const LayerSpec& layer = model.layers[i];
    const Shape& input = info.layers[i].input;
    if (const auto windows = windows_of(layer, input)) fields.look(*windows);
    if (const auto groups = channel_groups_of(layer, input))
      fields.mix_channels(static_cast<size_t>(groups->groups), static_cast<size_t>(groups->outputs));
    if (std::holds_alternative<Flatten>(layer)) fields.flatten(static_cast<size_t>(input.channels));
    if (const auto* sum = std::get_if<Add>(&layer))
      fields.add(*kept[static_cast<size_t>(added_layer(*sum, i))]);
    if (added[i]) kept[i] = fields;
    info.layers[i].receptive_field = fields.largest();
  }
}

// The rows and columns of a layer's output on which the model's outputs depend.
struct Needed {
  std::vector<bool> rows;
  std::vector<bool> columns;

  bool any() const {
    return std::ranges::find(rows, true) != rows.end() && std::ranges::find(columns, true) != columns.end();
  }
};

Needed needed(const Shape& shape, bool value) {
  return {std::vector<bool>(static_cast<size_t>(shape.height), value),
          std::vector<bool>(static_cast<size_t>(shape.width), value)};
}

// Adds what one axis' windows, whose positions are `step` apart, read for the outputs that are needed.
void read_windows(std::span<const Window> windows, int step, const std::vector<bool>& outputs,
                  std::vector<bool>& inputs) {
  std::vector<int> done(static_cast<size_t>(step));  // by remainder: windows begin and end in ascending order
  for (size_t i = 0; i < windows.size(); ++i) {
    if (!outputs[i]) continue;
    int& next = done[static_cast<size_t>(windows[i].begin % step)];
    for (next = std::max(next, windows[i].begin); next < windows[i].end; next += step)
      inputs[static_cast<size_t>(next)] = true;
  }
}

void unite(std::vector<bool>& all, const std::vector<bool>& more) {
  for (size_t i = 0; i < all.size(); ++i) all[i] = all[i] || more[i];
}

// Adds what a layer reads of its input for the part of its output that is needed.
void read_input(const LayerSpec& layer, const Shape& input, const Needed& output, Needed& read) {
  if (!output.any()) return;
  if (const auto windows = windows_of(layer, input)) {
    read_windows(windows->rows, windows->step.h, output.rows, read.rows);
    read_windows(windows->columns, windows->step.w, output.columns, read.columns);
  } else if (std::holds_alternative<Flatten>(layer)) {
    read = needed(input, true);
  } else {
    unite(read.rows, output.rows);
    unite(read.columns, output.columns);
  }
}

Size2 find_seen(const ModelSpec& model, const ModelInfo& info) {
  std::vector<Needed> before{
      needed(model.input, false)};  // of each layer's input, and of the last one's output
  for (const LayerInfo& layer : info.layers) before.push_back(needed(layer.output, false));
  before.back() = needed(info.layers.back().output, true);
  for (size_t i = model.layers.size(); i-- > 0;) {
    read_input(model.layers[i], info.layers[i].input, before[i + 1], before[i]);
    if (const auto* sum = std::get_if<Add>(&model.layers[i])) {
      Needed& added = before[static_cast<size_t>(added_layer(*sum, i)) + 1];
      read_input(model.layers[i], info.layers[i].input, before[i + 1], added);
    }
  }
  const auto count = [](const std::vector<bool>& positions) {
    return static_cast<int>(std::ranges::count(positions, true));
  };
  if (!before.front().any()) return {0, 0};
  return {count(before.front().rows), count(before.front().columns)};
}

}  // namespace

void find_receptive_fields(const ModelSpec& model, ModelInfo& info) {
  RUNG_REQUIRE(info.layers.size() == model.layers.size());
  find_fields(model, info);
  info.seen = find_seen(model, info);
}

}  // namespace rung::nn

#include "nn/padding.h"

#include <algorithm>

namespace rung::nn {
namespace {

int padded_height(const kernels::ConvShape& s) {
  return s.in_height + 2 * s.pad_h;
}
int padded_width(const kernels::ConvShape& s) {
  return s.in_width + 2 * s.pad_w;
}

}  // namespace

PaddedInput::PaddedInput(const kernels::ConvShape& shape, bool pairs) : buffer_(1, elements(shape, pairs)) {}

size_t PaddedInput::elements(const kernels::ConvShape& shape, bool pairs) {
  if (shape.pad_h == 0 && shape.pad_w == 0) return 0;
  return kernels::block_floats(pairs ? kernels::pairs_of(shape.in_channels) : shape.in_channels,
                               padded_height(shape), padded_width(shape));
}

template <typename Element>
kernels::View<const Element> PaddedInput::view(const kernels::ConvShape& shape, const Element* x) {
  const auto from = kernels::dense_view(x, shape.in_height, shape.in_width);
  if (buffer_.empty()) return from;
  const auto to = kernels::dense_view(buffer_.block<Element>(), padded_height(shape), padded_width(shape));
  for (int c = 0; c * kernels::kChannelsOf<Element> < shape.in_channels; ++c) {
    for (int row = 0; row < shape.in_height; ++row)
      std::copy_n(from.at(c, row, 0), from.row, to.at(c, row + shape.pad_h, shape.pad_w));
  }
  return {to.data, to.channel, to.row, to.column};
}

template kernels::View<const float> PaddedInput::view(const kernels::ConvShape&, const float*);
template kernels::View<const kernels::Bf16Pair> PaddedInput::view(const kernels::ConvShape&,
                                                                  const kernels::Bf16Pair*);

}  // namespace rung::nn

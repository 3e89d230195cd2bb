#include "nn/image_unit.h"

#include <algorithm>

#include "kernels/activation.h"
#include "kernels/layout.h"
#include "kernels/pooling_image.h"

namespace rung::nn {
namespace {

using kernels::kLanes;
using kernels::Planes;

Planes planes_of(const Shape& shape) {
  return kernels::planes_of(shape.channels, shape.height, shape.width);
}

bool has_shape(const Planes& planes, const Shape& shape) {
  return planes.channels == shape.channels && planes.height == shape.height && planes.width == shape.width;
}

// Whether the elements lie at the same places.
bool are_alike(const Planes& a, const Planes& b) {
  return a.channels == b.channels && a.height == b.height && a.width == b.width && a.row == b.row &&
         a.plane == b.plane;
}

// A linear layer reads its inputs one by one, wherever they are.
bool reads_any_layout(const kernels::ConvShape& conv) {
  return conv.in_height == 1 && conv.in_width == 1 && conv.pad_h == 0 && conv.pad_w == 0;
}

// Copies all elements, in the order [C][H][W], to the inner [C][height][width] of `to`, `top` rows and `left`
// columns inside its border.
void copy(const Planes& from, const float* x, const Planes& to, const Shape& inner, int top, int left,
          float* y) {
  const bool has_rows = has_shape(from, inner);
  const auto width = static_cast<size_t>(inner.width);
  size_t element = 0;
  for (int c = 0; c < inner.channels; ++c) {
    for (int row = 0; row < inner.height; ++row, element += width) {
      float* out = y + to.at(c, row + top, left);
      if (has_rows) {
        std::copy_n(x + from.at(c, row, 0), width, out);
      } else {
        for (size_t column = 0; column < width; ++column) out[column] = x[from.at(element + column)];
      }
    }
  }
}

Shape shape_of(const Planes& planes) {
  return {planes.channels, planes.height, planes.width};
}

// Of what a unit reads, with the convolution's border of zeros.
Planes bordered(const Unit& unit) {
  const int above = unit.conv ? unit.conv->pad_h : 0;
  const int before = unit.conv ? unit.conv->pad_w : 0;
  return kernels::planes_of(unit.input.channels, unit.input.height + 2 * above,
                            unit.input.width + 2 * before);
}

bool reads_input_itself(const Unit& unit, const Planes& input) {
  if (unit.runner || (unit.conv && reads_any_layout(*unit.conv))) return true;
  return has_shape(input, shape_of(bordered(unit)));
}

}  // namespace

ImageUnit::ImageUnit(const Unit& unit, const Weights& weights, const Planes& input)
    : unit_(unit),
      weights_(weights),
      norm_(unit),
      ones_(unit.activation.rectified ? norm_.scale.size() : 0, 1.0F),
      zeros_(ones_.size(), 0.0F),
      input_(input),
      bordered_(reads_input_itself(unit, input) ? input : bordered(unit)) {
  if (unit.conv) conv_ = kernels::image_conv(*unit.conv, bordered_);
  activated_ = conv_ ? conv_->output : bordered_;
  output_ = activated_;
  if (is_idle_in_evaluation(unit)) output_ = input;
  if (unit.runner) output_ = planes_of(unit.output);
  if (unit.activation.pooling != kernels::Pooling::kNone)
    output_ = kernels::planes_of(unit.activation.channels, unit.activation.out_height(),
                                 unit.activation.out_width());
}

size_t ImageUnit::floats() const {
  size_t all = 2 * activated_.floats() + output_.floats();
  if (!reads_input_itself(unit_, input_)) all += bordered_.floats();
  if (conv_) all += conv_->packed_values();
  if (unit_.runner) all += block_floats(unit_.input) + block_floats(unit_.output);
  return all;
}

void ImageUnit::prepare() {
  norm_.take(unit_, weights_);
  if (!reads_input_itself(unit_, input_)) border_buffer_ = AlignedBuffer<float>(bordered_.floats());
  if (conv_) {
    packed_ = AlignedBuffer<float>(conv_->packed_values());
    kernels::pack_for_image(*conv_, weights_.parameters.data() + unit_.weight,
                            unit_.bias ? weights_.parameters.data() + *unit_.bias : nullptr, packed_.data());
  }
  activated_buffer_ = AlignedBuffer<float>(activated_.floats());
  if (unit_.addition) added_buffer_ = AlignedBuffer<float>(activated_.floats());
  if (unit_.runner || unit_.activation.pooling != kernels::Pooling::kNone)
    pooled_buffer_ = AlignedBuffer<float>(output_.floats());
  if (!unit_.runner) return;
  blocks_[0] = AlignedBuffer<float>(block_floats(unit_.input));
  blocks_[1] = AlignedBuffer<float>(block_floats(unit_.output));
}

ImageTensor ImageUnit::run(const float* x, const ImageTensor& added) {
  if (is_idle_in_evaluation(unit_)) return {input_, x};
  if (unit_.runner) {
    run_alone(x);
    return {output_, pooled_buffer_.data()};
  }
  const float* values = at_border(x);
  if (conv_) {
    kernels::conv2d_image(*conv_, values, packed_.data(), activated_buffer_.data());
    values = activated_buffer_.data();
  }
  if (!unit_.activates_in_evaluation() && !unit_.activation.rectified) return {output_, values};
  activate(values, unit_.addition ? aligned_with_output(added) : nullptr);
  if (unit_.activation.pooling == kernels::Pooling::kNone) return {output_, activated_buffer_.data()};
  kernels::pool_image(unit_.activation.pooling, unit_.activation.pool_h, unit_.activation.pool_w, activated_,
                      activated_buffer_.data(), output_, pooled_buffer_.data());
  return {output_, pooled_buffer_.data()};
}

const float* ImageUnit::at_border(const float* x) {
  if (border_buffer_.size() == 0) return x;
  const int above = unit_.conv ? unit_.conv->pad_h : 0;
  const int before = unit_.conv ? unit_.conv->pad_w : 0;
  copy(input_, x, bordered_, unit_.input, above, before, border_buffer_.data());
  return border_buffer_.data();
}

const float* ImageUnit::aligned_with_output(const ImageTensor& added) {
  if (are_alike(added.planes, activated_)) return added.data;
  copy(added.planes, added.data, activated_, shape_of(activated_), 0, 0, added_buffer_.data());
  return added_buffer_.data();
}

// Everything between the convolution and the pooling, for all floats of a plane alike.
void ImageUnit::activate(const float* x, const float* added) {
  float* y = activated_buffer_.data();
  kernels::ActivationShape shape{.channels = activated_.channels,
                                 .width = static_cast<int>(activated_.plane / kLanes)};
  if (unit_.activation.rectified) {
    shape.relu = true;
    kernels::activation_forward(shape, {x, ones_.data(), zeros_.data(), nullptr}, nullptr, y);
    x = y;
  }
  shape.relu = unit_.activation.relu;
  shape.function = unit_.activation.function;
  kernels::activation_forward(shape, {x, norm_.scale.data(), norm_.shift.data(), added}, nullptr, y);
}

void ImageUnit::run_alone(const float* x) {
  const size_t inputs = input_.elements();
  for (size_t i = 0; i < inputs; ++i) blocks_[0][i * kLanes] = x[input_.at(i)];
  unit_.runner->forward(weights_.parameters, blocks_[0].data(), blocks_[1].data());
  const size_t outputs = output_.elements();
  for (size_t i = 0; i < outputs; ++i) pooled_buffer_[output_.at(i)] = blocks_[1][i * kLanes];
}

}  // namespace rung::nn

// The arithmetic follows Pillow and torchvision step by step, in their precision and order; it must not use
// fused multiply-add.
#include "data/augment.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <ranges>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/error.h"
#include "base/exact_math.h"
#include "base/require.h"
#include "data/draw_uniform.h"

namespace rung::data {
namespace {

std::string_view name_of(const Transform& transform) {
  return std::visit([](const auto& kind) { return kind.kName; }, transform);
}

// Whether every field is within its range, as in every recipe that was read.
bool has_possible_values(const Transform& transform) {
  return std::visit(
      []<typename Spec>(const Spec& spec) {
        bool good = true;
        for_each_field<Spec>([&](const auto& field) {
          for_each_number(spec.*field.member,
                          [&](double number) { good = good && field.range.contains(number); });
        });
        return good;
      },
      transform);
}

}  // namespace

void shift(const uint8_t* in, uint8_t* out, int height, int width, int right, int down, uint8_t fill) {
  for (int row = 0; row < height; ++row) {
    for (int column = 0; column < width; ++column, ++out) {
      const int from_row = row - down;
      const int from_column = column - right;
      const bool inside = from_row >= 0 && from_row < height && from_column >= 0 && from_column < width;
      *out = inside ? in[from_row * width + from_column] : fill;
    }
  }
}

void hflip(const uint8_t* in, uint8_t* out, int height, int width) {
  for (int row = 0; row < height; ++row, in += width, out += width) std::reverse_copy(in, in + width, out);
}

void vflip(const uint8_t* in, uint8_t* out, int height, int width) {
  for (int row = 0; row < height; ++row)
    std::copy_n(in + (height - 1 - row) * width, width, out + row * width);
}

// torchvision tries ten times for a rectangle that is smaller than the image.
std::optional<Erasure> draw(const RandomErasing& erasing, int height, int width, RandomStream& random) {
  constexpr int kTries = 10;
  if (random.uniform() >= static_cast<float>(erasing.p)) return std::nullopt;
  const double area = static_cast<double>(height) * width;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    const double erased = area * draw_uniform(erasing.scale[0], erasing.scale[1], random);
    const float log_ratio = draw_uniform(logarithm(erasing.ratio[0]), logarithm(erasing.ratio[1]), random);
    const double ratio = static_cast<float>(exponential(log_ratio));
    Erasure found{.value = static_cast<float>(erasing.value)};
    found.height = static_cast<int>(std::nearbyint(std::sqrt(erased * ratio)));
    found.width = static_cast<int>(std::nearbyint(std::sqrt(erased / ratio)));
    if (found.height >= height || found.width >= width) continue;
    found.top = static_cast<int>(random.below(static_cast<uint32_t>(height - found.height + 1)));
    found.left = static_cast<int>(random.below(static_cast<uint32_t>(width - found.width + 1)));
    return found;
  }
  return std::nullopt;
}

void erase_pixels(const Erasure& erasure, const DatasetSpec& normalisation, const ImageShape& shape,
                  uint8_t* image) {
  for (int channel = 0; channel < shape.channels; ++channel, image += shape.plane()) {
    const auto at = static_cast<size_t>(channel);
    const double pixel =
        255 * (erasure.value * normalisation.std->of_channel(at) + normalisation.mean->of_channel(at));
    const auto value = static_cast<uint8_t>(std::nearbyint(std::clamp(pixel, 0.0, 255.0)));
    for (int row = erasure.top; row < erasure.top + erasure.height; ++row)
      std::fill_n(image + row * shape.width + erasure.left, erasure.width, value);
  }
}

Augmenter::Augmenter(std::vector<Transform> transforms, const ImageShape& shape)
    : transforms_(std::move(transforms)),
      blur_(shape.height, shape.width),
      shape_(shape),
      current_(shape.size()),
      next_(current_.size()) {
  RUNG_REQUIRE(std::ranges::all_of(transforms_, has_possible_values));
  for (const Transform& transform : transforms_) {
    if (const auto problem = misfit(transform, shape.height, shape.width))
      throw UsageError(fmt::format("{}: {}: {}", name_of(transform), problem->key, problem->reason));
    if (const auto* elastic = std::get_if<ElasticTransform>(&transform))
      elastics_.emplace_back(*elastic, shape.height, shape.width);
  }
}

// torchvision mirrors an image once.
std::optional<Misfit> misfit(const Transform& transform, int height, int width) {
  const auto* blur = std::get_if<GaussianBlur>(&transform);
  if (blur == nullptr || (blur->kernel_size[0] / 2 < width && blur->kernel_size[1] / 2 < height))
    return std::nullopt;
  return Misfit{
      "kernel_size",
      fmt::format("half of the kernel must be less than the image's side; the kernel is {} across and "
                  "{} down, the image {} and {}",
                  blur->kernel_size[0], blur->kernel_size[1], width, height)};
}

uint64_t augmenter_bytes(const std::vector<Transform>& transforms, const ImageShape& shape) {
  const auto count = [&]<typename Kind>() {
    return static_cast<uint64_t>(std::ranges::count_if(
        transforms, [](const Transform& transform) { return std::holds_alternative<Kind>(transform); }));
  };
  const uint64_t blur = count.operator()<GaussianBlur>() > 0 ? Blur::bytes(shape.height, shape.width) : 0;
  return 2 * shape.size() + count.operator()<ElasticTransform>() * Elastic::bytes(shape.height, shape.width) +
         blur;
}

void Augmenter::apply(const uint8_t* in, uint8_t* out, RandomStream& random) {
  next_elastic_ = 0;
  erasures_.clear();
  std::memcpy(current_.data(), in, current_.size());
  for (const Transform& transform : transforms_)
    std::visit([&](const auto& kind) { apply_to_current(kind, random); }, transform);
  std::memcpy(out, current_.data(), current_.size());
}

template <typename Move>
void Augmenter::move_planes(Move move) {
  for (size_t at = 0; at < current_.size(); at += shape_.plane()) move(&current_[at], &next_[at]);
  std::swap(current_, next_);
}

void Augmenter::apply_to_current(const ColorJitter& jitter, RandomStream& random) {
  adjust(current_, shape_.channels, draw(jitter, random));
}

void Augmenter::apply_to_current(const RandomRotation& rotation, RandomStream& random) {
  const float angle = draw(rotation, random);
  move_planes([&](const uint8_t* in, uint8_t* out) {
    rotate(in, out, shape_.height, shape_.width, angle, static_cast<uint8_t>(rotation.fill));
  });
}

void Augmenter::apply_to_current(const RandomAffine& transform, RandomStream& random) {
  const AffineDraw drawn = draw(transform, shape_.height, shape_.width, random);
  move_planes([&](const uint8_t* in, uint8_t* out) {
    affine(in, out, shape_.height, shape_.width, drawn, transform.interpolation,
           static_cast<uint8_t>(transform.fill));
  });
}

void Augmenter::apply_to_current(const RandomPerspective& transform, RandomStream& random) {
  const auto corners = draw(transform, shape_.height, shape_.width, random);
  if (!corners) return;
  move_planes([&](const uint8_t* in, uint8_t* out) {
    perspective(in, out, shape_.height, shape_.width, *corners, transform.interpolation,
                static_cast<uint8_t>(transform.fill));
  });
}

void Augmenter::apply_to_current(const ElasticTransform& /*elastic*/, RandomStream& random) {
  Elastic& elastic = elastics_[next_elastic_++];
  elastic.draw_displacement(random);
  move_planes([&](const uint8_t* in, uint8_t* out) { elastic.apply(in, out); });
}

void Augmenter::apply_to_current(const GaussianBlur& blur, RandomStream& random) {
  const double sigma = draw_uniform(blur.sigma[0], blur.sigma[1], random);
  move_planes([&](const uint8_t* in, uint8_t* out) { blur_.apply(in, out, blur.kernel_size, sigma); });
}

// torchvision draws the crop's start in the padded image: down first, then across.
void Augmenter::apply_to_current(const RandomCrop& crop, RandomStream& random) {
  const auto places = static_cast<uint32_t>(2 * crop.padding + 1);
  const int down = crop.padding - static_cast<int>(random.below(places));
  const int right = crop.padding - static_cast<int>(random.below(places));
  move_planes([&](const uint8_t* in, uint8_t* out) {
    shift(in, out, shape_.height, shape_.width, right, down, static_cast<uint8_t>(crop.fill));
  });
}

void Augmenter::apply_to_current(const RandomHorizontalFlip& flip, RandomStream& random) {
  if (random.uniform() >= static_cast<float>(flip.p)) return;
  move_planes([&](const uint8_t* in, uint8_t* out) { hflip(in, out, shape_.height, shape_.width); });
}

void Augmenter::apply_to_current(const RandomVerticalFlip& flip, RandomStream& random) {
  if (random.uniform() >= static_cast<float>(flip.p)) return;
  move_planes([&](const uint8_t* in, uint8_t* out) { vflip(in, out, shape_.height, shape_.width); });
}

void Augmenter::apply_to_current(const RandomErasing& erasing, RandomStream& random) {
  if (const auto erasure = draw(erasing, shape_.height, shape_.width, random)) erasures_.push_back(*erasure);
}

}  // namespace rung::data

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

// Beyond this factor every pixel that differs from the grey is clipped, and the conversion to int stays
// defined.
constexpr float kLargestFactor = 65536;

// Pillow's Image.blend(grey, image, factor): single-precision arithmetic, truncated, clipped. The upper bound
// is applied before the conversion and the lower after it: GCC turns two bounds in a row into slow masks.
void blend_with_grey(std::span<uint8_t> image, int grey, float factor) {
  factor = std::min(factor, kLargestFactor);
  for (uint8_t& pixel : image) {
    const float blended = static_cast<float>(grey) + factor * static_cast<float>(pixel - grey);
    const int truncated = static_cast<int>(std::min(blended, 255.0F));
    pixel = static_cast<uint8_t>(std::max(truncated, 0));
  }
}

std::string_view name_of(const Transform& transform) {
  return std::visit([](const auto& kind) { return kind.kName; }, transform);
}

// A factor around 1 that is not negative; none, and no draw, for strength 0.
std::optional<float> draw_factor(double strength, RandomStream& random) {
  if (strength == 0) return std::nullopt;
  return draw_uniform(std::max(0.0, 1 - strength), 1 + strength, random);
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

void adjust_brightness(std::span<uint8_t> image, float factor) {
  RUNG_REQUIRE(std::isfinite(factor) && factor >= 0);
  blend_with_grey(image, 0, factor);
}

void adjust_contrast(std::span<uint8_t> image, float factor) {
  RUNG_REQUIRE(std::isfinite(factor) && factor >= 0);
  RUNG_REQUIRE(!image.empty());
  const auto sum = std::accumulate(image.begin(), image.end(), uint32_t{0});
  const auto mean = static_cast<int>(static_cast<double>(sum) / static_cast<double>(image.size()) + 0.5);
  blend_with_grey(image, mean, factor);
}

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

ColorJitterDraw draw(const ColorJitter& jitter, RandomStream& random) {
  ColorJitterDraw drawn;
  for (uint32_t left = 4; left > 1; --left) std::swap(drawn.order[left - 1], drawn.order[random.below(left)]);
  drawn.brightness = draw_factor(jitter.brightness, random);
  drawn.contrast = draw_factor(jitter.contrast, random);
  drawn.saturation = draw_factor(jitter.saturation, random);
  if (jitter.hue != 0) drawn.hue = draw_uniform(-jitter.hue, jitter.hue, random);
  return drawn;
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

void erase_pixels(const Erasure& erasure, const DatasetSpec& normalisation, int width, uint8_t* image) {
  const double pixel = 255 * (erasure.value * normalisation.std.value() + normalisation.mean.value());
  const auto value = static_cast<uint8_t>(std::nearbyint(std::clamp(pixel, 0.0, 255.0)));
  for (int row = erasure.top; row < erasure.top + erasure.height; ++row)
    std::fill_n(image + row * width + erasure.left, erasure.width, value);
}

Augmenter::Augmenter(std::vector<Transform> transforms, int height, int width)
    : transforms_(std::move(transforms)),
      blur_(height, width),
      height_(height),
      width_(width),
      current_(static_cast<size_t>(height) * static_cast<size_t>(width)),
      next_(current_.size()) {
  RUNG_REQUIRE(std::ranges::all_of(transforms_, has_possible_values));
  for (const Transform& transform : transforms_) {
    if (const auto problem = misfit(transform, height, width))
      throw UsageError(fmt::format("{}: {}: {}", name_of(transform), problem->key, problem->reason));
    if (const auto* elastic = std::get_if<ElasticTransform>(&transform))
      elastics_.emplace_back(*elastic, height, width);
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

uint64_t augmenter_bytes(const std::vector<Transform>& transforms, int height, int width) {
  const auto count = [&]<typename Kind>() {
    return static_cast<uint64_t>(std::ranges::count_if(
        transforms, [](const Transform& transform) { return std::holds_alternative<Kind>(transform); }));
  };
  const uint64_t images = 2 * static_cast<uint64_t>(height) * static_cast<uint64_t>(width);
  const uint64_t blur = count.operator()<GaussianBlur>() > 0 ? Blur::bytes(height, width) : 0;
  return images + count.operator()<ElasticTransform>() * Elastic::bytes(height, width) + blur;
}

void Augmenter::apply(const uint8_t* in, uint8_t* out, RandomStream& random) {
  next_elastic_ = 0;
  erasures_.clear();
  std::memcpy(current_.data(), in, current_.size());
  for (const Transform& transform : transforms_)
    std::visit([&](const auto& kind) { apply_to_current(kind, random); }, transform);
  std::memcpy(out, current_.data(), current_.size());
}

void Augmenter::apply_to_current(const ColorJitter& jitter, RandomStream& random) {
  const ColorJitterDraw drawn = draw(jitter, random);
  for (const auto adjustment : drawn.order) {
    // On one channel saturation and hue have no effect.
    if (adjustment == ColorJitterDraw::kBrightness && drawn.brightness)
      adjust_brightness(current_, *drawn.brightness);
    if (adjustment == ColorJitterDraw::kContrast && drawn.contrast)
      adjust_contrast(current_, *drawn.contrast);
  }
}

void Augmenter::apply_to_current(const RandomRotation& rotation, RandomStream& random) {
  rotate(current_.data(), next_.data(), height_, width_, draw(rotation, random),
         static_cast<uint8_t>(rotation.fill));
  std::swap(current_, next_);
}

void Augmenter::apply_to_current(const RandomAffine& transform, RandomStream& random) {
  affine(current_.data(), next_.data(), height_, width_, draw(transform, height_, width_, random),
         transform.interpolation, static_cast<uint8_t>(transform.fill));
  std::swap(current_, next_);
}

void Augmenter::apply_to_current(const RandomPerspective& transform, RandomStream& random) {
  const auto corners = draw(transform, height_, width_, random);
  if (!corners) return;
  perspective(current_.data(), next_.data(), height_, width_, *corners, transform.interpolation,
              static_cast<uint8_t>(transform.fill));
  std::swap(current_, next_);
}

void Augmenter::apply_to_current(const ElasticTransform& /*elastic*/, RandomStream& random) {
  elastics_[next_elastic_++].apply(current_.data(), next_.data(), random);
  std::swap(current_, next_);
}

void Augmenter::apply_to_current(const GaussianBlur& blur, RandomStream& random) {
  const double sigma = draw_uniform(blur.sigma[0], blur.sigma[1], random);
  blur_.apply(current_.data(), next_.data(), blur.kernel_size, sigma);
  std::swap(current_, next_);
}

// torchvision draws the crop's start in the padded image: down first, then across.
void Augmenter::apply_to_current(const RandomCrop& crop, RandomStream& random) {
  const auto places = static_cast<uint32_t>(2 * crop.padding + 1);
  const int down = crop.padding - static_cast<int>(random.below(places));
  const int right = crop.padding - static_cast<int>(random.below(places));
  shift(current_.data(), next_.data(), height_, width_, right, down, static_cast<uint8_t>(crop.fill));
  std::swap(current_, next_);
}

void Augmenter::apply_to_current(const RandomErasing& erasing, RandomStream& random) {
  if (const auto erasure = draw(erasing, height_, width_, random)) erasures_.push_back(*erasure);
}

}  // namespace rung::data

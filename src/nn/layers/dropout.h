#pragma once

#include <string_view>
#include <tuple>

#include "base/fields.h"
#include "nn/layer.h"

namespace rung::nn {

// torch.nn.Dropout: each element independently, scaled by 1/(1-p) in training, off in evaluation. The
// probability is rounded to 1/65536; the bound keeps that small against the share that is kept.
inline constexpr double kMaxDropout = 0.99;
struct Dropout {
  double p = 0.5;
  friend bool operator==(const Dropout&, const Dropout&) = default;

  static constexpr std::string_view kName = "dropout";
  static constexpr std::string_view kTorchName = "Dropout";
  static constexpr auto fields() {
    return std::tuple(field("p", &Dropout::p)
                          .within(0, kMaxDropout)
                          .in("probability")
                          .kind()
                          .means("each element independently"));
  }
};

// torch.nn.Dropout2d: whole channels of an image instead of elements.
struct Dropout2d {
  double p = 0.5;
  friend bool operator==(const Dropout2d&, const Dropout2d&) = default;

  static constexpr std::string_view kName = "dropout2d";
  static constexpr std::string_view kTorchName = "Dropout2d";
  static constexpr auto fields() {
    return std::tuple(field("p", &Dropout2d::p)
                          .within(0, kMaxDropout)
                          .in("probability")
                          .kind()
                          .means("each channel of each image independently"));
  }
};

}  // namespace rung::nn

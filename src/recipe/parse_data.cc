// [dataset] and [[augment]]. The data reader checks whether a dataset exists.
#include <fmt/format.h>

#include "base/error.h"
#include "data/arrange.h"
#include "data/registry.h"
#include "recipe/parse.h"

namespace rung::recipe {
namespace {

constexpr int kMaxPortion = 1'000'000'000;  // images

// A folder is anything with a '/'.
void require_dataset(const TableReader& table, const std::string& name) {
  if (name.empty()) table.fail("name", "expected a dataset's name or a folder's path");
  if (data::is_folder(name)) return;
  try {
    data::find_dataset(name);
  } catch (const UsageError& error) {
    table.fail("name", error.what(), error.hint());
  }
}

// "auto": none, which is to be measured. The default is a registered dataset's own, and a folder's "auto".
std::optional<double> parse_moment(const TableReader& table, std::string_view key, const NumberRange& range,
                                   std::optional<double> fallback) {
  if (!table.has(key)) return fallback;
  if (!table.is_text(key)) return table.number(key, range);
  if (table.text(key) != "auto") table.fail(key, fmt::format("expected \"auto\" or {}", range.describe()));
  return std::nullopt;
}

data::Portion parse_portion(const TableReader& table, std::string_view key) {
  if (!table.has(key)) return {};
  const double value = table.number(key, NumberRange{});
  if (value > 0 && value < 1) return data::Portion::of(value);
  return table.small_integer(key, 1, kMaxPortion);
}

data::ValidationSplit parse_validation_split(const TableReader& table, const std::string& name) {
  using data::ValidationSplit;
  constexpr std::array kSplits = {Named<ValidationSplit>{"last", ValidationSplit::kLast},
                                  Named<ValidationSplit>{"stratified", ValidationSplit::kStratified}};
  if (!table.has("validation_split")) return data::default_split(name);
  return table.choice("validation_split", kSplits);
}

data::Portion parse_test(const TableReader& table, const std::string& name) {
  if (table.has("test") && !data::is_folder(name))
    table.fail("test", fmt::format("the dataset \"{}\" has test images of its own", name),
               "leave `test` out");
  return parse_portion(table, "test");
}

data::Transform parse_color_jitter(const TableReader& table) {
  table.allow({"type", "brightness", "contrast", "saturation", "hue"});
  const NumberRange factor = NumberRange::at_least(0);
  data::ColorJitter jitter;
  jitter.brightness = table.number("brightness", factor, jitter.brightness);
  jitter.contrast = table.number("contrast", factor, jitter.contrast);
  jitter.saturation = table.number("saturation", factor, jitter.saturation);
  jitter.hue = table.number("hue", NumberRange::closed(0, 0.5), jitter.hue);
  return jitter;
}

data::Transform parse_random_rotation(const TableReader& table) {
  table.allow({"type", "degrees", "fill"});
  data::RandomRotation rotation;
  rotation.degrees = table.number("degrees", NumberRange::closed(0, 360));
  rotation.fill = table.small_integer("fill", 0, 255, rotation.fill);
  return rotation;
}

// From, to: in this order.
std::array<double, 2> parse_interval(const TableReader& table, std::string_view key, const NumberRange& range,
                                     const std::array<double, 2>& fallback) {
  const auto interval = table.numbers<2>(key, range, fallback);
  if (interval[0] > interval[1]) table.fail(key, "expected the smaller number first");
  return interval;
}

// As torchvision's: one number for [-n, n] along x, two for x, four for x and y.
std::array<double, 4> parse_shear(const TableReader& table, const std::array<double, 4>& fallback) {
  constexpr double kMost = 80;  // degrees; at 90 the image is a line
  const NumberRange range = NumberRange::closed(-kMost, kMost);
  const auto size = table.array_size("shear");
  std::array<double, 4> shear = fallback;
  if (!table.has("shear")) return shear;
  if (!size) {
    const double most = table.number("shear", NumberRange::closed(0, kMost));
    shear = {0.0 - most, most, 0, 0};
  } else if (*size == 2) {
    const auto along_x = table.numbers<2>("shear", range, {});
    shear = {along_x[0], along_x[1], 0, 0};
  } else if (*size == 4) {
    shear = table.numbers<4>("shear", range, {});
  } else {
    table.fail("shear", "expected a number, or an array of 2 or 4 numbers");
  }
  if (shear[0] > shear[1] || shear[2] > shear[3]) table.fail("shear", "expected the smaller number first");
  return shear;
}

data::Transform parse_random_affine(const TableReader& table) {
  table.allow({"type", "degrees", "translate", "scale", "shear", "interpolation", "fill"});
  using data::Interpolation;
  constexpr std::array kInterpolations = {Named<Interpolation>{"nearest", Interpolation::kNearest},
                                          Named<Interpolation>{"bilinear", Interpolation::kBilinear}};
  data::RandomAffine affine;
  affine.degrees = table.number("degrees", NumberRange::closed(0, 360));
  affine.translate = table.numbers<2>("translate", NumberRange::closed(0, 1), affine.translate);
  affine.scale = parse_interval(table, "scale", NumberRange::closed(0.01, 100), affine.scale);
  affine.shear = parse_shear(table, affine.shear);
  if (table.has("interpolation")) affine.interpolation = table.choice("interpolation", kInterpolations);
  affine.fill = table.small_integer("fill", 0, 255, affine.fill);
  return affine;
}

data::Transform parse_elastic_transform(const TableReader& table) {
  table.allow({"type", "alpha", "sigma", "fill"});
  data::ElasticTransform elastic;
  elastic.alpha = table.number("alpha", NumberRange::closed(0, 1e6), elastic.alpha);
  elastic.sigma = table.number("sigma", NumberRange::closed(0, 1e3), elastic.sigma);
  elastic.fill = table.small_integer("fill", 0, 255, elastic.fill);
  return elastic;
}

data::Transform parse_random_crop(const TableReader& table) {
  table.allow({"type", "padding", "fill"});
  data::RandomCrop crop;
  crop.padding = table.small_integer("padding", 1, 4096);
  crop.fill = table.small_integer("fill", 0, 255, crop.fill);
  return crop;
}

data::Transform parse_random_erasing(const TableReader& table) {
  table.allow({"type", "p", "scale", "ratio", "value"});
  data::RandomErasing erasing;
  erasing.p = table.number("p", NumberRange::closed(0, 1), erasing.p);
  erasing.scale = parse_interval(table, "scale", NumberRange::closed(0, 1), erasing.scale);
  erasing.ratio = parse_interval(table, "ratio", NumberRange::closed(0.01, 100), erasing.ratio);
  erasing.value = table.number("value", NumberRange::closed(-1e6, 1e6), erasing.value);
  return erasing;
}

using ParseTransform = data::Transform (*)(const TableReader&);

constexpr std::array kTransforms = {
    Named<ParseTransform>{"color_jitter", parse_color_jitter},
    Named<ParseTransform>{"random_rotation", parse_random_rotation},
    Named<ParseTransform>{"random_affine", parse_random_affine},
    Named<ParseTransform>{"elastic_transform", parse_elastic_transform},
    Named<ParseTransform>{"random_crop", parse_random_crop},
    Named<ParseTransform>{"random_erasing", parse_random_erasing},
};
static_assert(kTransforms.size() == std::variant_size_v<data::Transform>);

}  // namespace

data::DatasetSpec parse_dataset(const TableReader& root) {
  data::DatasetSpec dataset;
  const auto table = root.table("dataset");
  if (!table) return dataset;
  table->allow({"name", "mean", "std", "validation", "validation_split", "test", "split_seed"});
  dataset.name = table->text("name", dataset.name);
  require_dataset(*table, dataset.name);
  const data::DatasetInfo* known = data::known_dataset(dataset.name);
  dataset.mean = parse_moment(*table, "mean", NumberRange::closed(-1e6, 1e6),
                              known == nullptr ? std::nullopt : std::optional(known->mean));
  dataset.std = parse_moment(*table, "std", NumberRange::closed(data::kLeastStd, 1e6),
                             known == nullptr ? std::nullopt : std::optional(known->std));
  dataset.validation = parse_portion(*table, "validation");
  dataset.validation_split = parse_validation_split(*table, dataset.name);
  dataset.test = parse_test(*table, dataset.name);
  dataset.split_seed =
      static_cast<uint64_t>(table->integer("split_seed", 0, std::numeric_limits<int64_t>::max(), 0));
  return dataset;
}

std::vector<data::Transform> parse_augment(const TableReader& root) {
  std::vector<data::Transform> transforms;
  const auto erases = [](const data::Transform& one) {
    return std::holds_alternative<data::RandomErasing>(one);
  };
  for (const TableReader& table : root.tables("augment")) {
    const bool after_erasing = !transforms.empty() && erases(transforms.back());
    transforms.push_back(table.choice("type", kTransforms)(table));
    if (after_erasing && !erases(transforms.back()))
      table.fail("type", "must stand before random_erasing, which works on the normalised image");
  }
  return transforms;
}

}  // namespace rung::recipe

// [dataset] and [[augment]]. Whether a dataset is there to be read is the data reader's business.
#include "recipe/parse.h"

namespace rung::recipe {
namespace {

constexpr int kMaxValidation = 1'000'000'000;

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

using ParseTransform = data::Transform (*)(const TableReader&);

constexpr std::array kTransforms = {
    Named<ParseTransform>{"color_jitter", parse_color_jitter},
    Named<ParseTransform>{"random_rotation", parse_random_rotation},
};
static_assert(kTransforms.size() == std::variant_size_v<data::Transform>);

}  // namespace

data::DatasetSpec parse_dataset(const TableReader& root) {
  data::DatasetSpec dataset;
  const auto table = root.table("dataset");
  if (!table) return dataset;
  table->allow({"name", "mean", "std", "validation"});
  dataset.name = table->text("name", dataset.name);
  if (dataset.name.empty()) table->fail("name", "expected a dataset's name or a folder's path");
  dataset.mean = table->number("mean", NumberRange::closed(-1e6, 1e6), dataset.mean);
  dataset.std = table->number("std", NumberRange::left_open(0, 1e6), dataset.std);
  if (table->has("validation")) dataset.validation = table->small_integer("validation", 1, kMaxValidation);
  return dataset;
}

std::vector<data::Transform> parse_augment(const TableReader& root) {
  std::vector<data::Transform> transforms;
  for (const TableReader& table : root.tables("augment"))
    transforms.push_back(table.choice("type", kTransforms)(table));
  return transforms;
}

}  // namespace rung::recipe

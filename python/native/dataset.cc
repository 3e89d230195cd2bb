// rung._native.Dataset: labelled images in memory; and images varied as a recipe does it.
#include "data/dataset.h"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/philox.h"
#include "bindings.h"
#include "data/augment.h"
#include "recipe/recipe.h"

namespace rung::python {
namespace {

using data::Dataset;
using data::Split;

Split split_of(const PixelArray& images, const ByteArray& labels) {
  Planes planes(images);
  if (labels.size() != static_cast<size_t>(planes.count()))
    throw nb::value_error("there must be one label for each image");
  Split split = planes.split();
  split.labels.assign(labels.data(), labels.data() + labels.size());
  return split;
}

void require_labels_below(int classes, const Split& split) {
  if (std::ranges::any_of(split.labels, [&](int label) { return label >= classes; }))
    throw nb::value_error("a label is not below the number of classes");
}

std::shared_ptr<Dataset> make_dataset(const std::string& name, int classes,
                                      std::vector<std::string> class_names, const PixelArray& images,
                                      const ByteArray& labels, const std::optional<PixelArray>& test_images,
                                      const std::optional<ByteArray>& test_labels,
                                      const std::optional<FloatArray>& weights) {
  auto dataset =
      std::make_shared<Dataset>(Dataset{name, classes, std::move(class_names), split_of(images, labels), {}});
  Split& train = dataset->train;
  Split& test = dataset->test;
  if (train.count == 0) throw nb::value_error("there are no images to train on");
  if (test_images && test_labels) test = split_of(*test_images, *test_labels);
  if (test.count > 0 &&
      (test.channels != train.channels || test.height != train.height || test.width != train.width))
    throw nb::value_error("training and test images must have one shape");
  require_labels_below(classes, train);
  require_labels_below(classes, test);
  if (weights) {
    if (weights->size() != train.labels.size())
      throw nb::value_error("there must be one weight for each image");
    train.weights.assign(weights->data(), weights->data() + weights->size());
  }
  return dataset;
}

nb::object label_array(const Split& split) {
  return to_array(split.labels, {split.labels.size()});
}

// The images as the epoch's training sees them, but for what random_erasing does after normalisation: that is
// shown on the pixels.
nb::object augmented(const recipe::Recipe& recipe, const PixelArray& images, uint64_t seed, uint32_t epoch) {
  const Planes planes(images);
  const data::ImagesView view = planes.view();
  std::vector<uint8_t> pixels(view.pixels.size());
  {
    const nb::gil_scoped_release unlocked;
    data::Augmenter augmenter(recipe.augment, view.shape);
    for (size_t image = 0; image < static_cast<size_t>(planes.count()); ++image) {
      RandomStream random(seed, RandomPurpose::kAugment, static_cast<uint32_t>(image), epoch);
      uint8_t* out = pixels.data() + image * view.shape.size();
      augmenter.apply(view.image(image).data(), out, random);
      for (const data::Erasure& erasure : augmenter.erasures())
        data::erase_pixels(erasure, recipe.dataset, view.shape, out);
    }
  }
  return to_pixel_array({pixels, view.shape});
}

}  // namespace

void bind_dataset(nb::module_& module) {
  nb::class_<Dataset>(module, "Dataset")
      .def_static("from_arrays", &make_dataset, nb::arg("name"), nb::arg("classes"), nb::arg("class_names"),
                  nb::arg("images").noconvert(), nb::arg("labels").noconvert(),
                  nb::arg("test_images").noconvert().none(), nb::arg("test_labels").noconvert().none(),
                  nb::arg("weights").noconvert().none())
      .def_static(
          "load",
          [](const std::string& name, const std::optional<std::string>& folder) {
            const nb::gil_scoped_release unlocked;
            return std::make_shared<Dataset>(
                data::load_dataset(name, data::root_or_default(folder.value_or(""))));
          },
          nb::arg("name"), nb::arg("folder").none())
      .def_ro("name", &Dataset::name)
      .def_ro("classes", &Dataset::classes)
      .def_ro("class_names", &Dataset::class_names)
      .def_prop_ro("train_images", [](const Dataset& data) { return to_pixel_array(data.train.images()); })
      .def_prop_ro("train_labels", [](const Dataset& data) { return label_array(data.train); })
      .def_prop_ro("test_images",
                   [](const Dataset& data) {
                     // (Without any, they have the training images' size.)
                     return to_pixel_array({data.test.pixels, data.train.shape()});
                   })
      .def_prop_ro("test_labels", [](const Dataset& data) { return label_array(data.test); })
      .def_prop_ro("train_count", [](const Dataset& data) { return data.train.count; })
      .def_prop_ro("test_count", [](const Dataset& data) { return data.test.count; })
      .def("sha256", [](const Dataset& data) {
        const nb::gil_scoped_release unlocked;
        return data::sha256(data);
      });
  module.def("augmented", &augmented, nb::arg("recipe"), nb::arg("images").noconvert(), nb::arg("seed"),
             nb::arg("epoch"));
}

}  // namespace rung::python

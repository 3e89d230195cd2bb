// What the files of the Python module share. Each binds one part of the library under rung._native, which
// only the package's own Python code imports; what users see, with its documentation, is in python/rung.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/image.h"
#include "train/trainer.h"

namespace rung::python {

namespace nb = nanobind;

// Arrays as NumPy has them: C-contiguous, perhaps read-only. Nothing is converted on the way in.
using PixelArray = nb::ndarray<const uint8_t, nb::c_contig, nb::device::cpu>;  // [N,H,W] or [N,H,W,C]
using ByteArray = nb::ndarray<const uint8_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using FloatArray = nb::ndarray<const float, nb::c_contig, nb::device::cpu>;

void bind_errors();
void bind_recipe(nb::module_& module);
void bind_dataset(nb::module_& module);
void bind_model(nb::module_& module);
void bind_training(nb::module_& module);
void bind_run(nb::module_& module);
void bind_sweep(nb::module_& module);

// A new NumPy array of this shape, which owns the values.
template <typename Value>
nb::object to_array(std::vector<Value> values, const std::vector<size_t>& shape) {
  auto owned = std::make_unique<std::vector<Value>>(std::move(values));
  Value* data = owned->data();
  const nb::capsule owner(owned.release(),
                          [](void* vector) noexcept { delete static_cast<std::vector<Value>*>(vector); });
  return nb::cast(nb::ndarray<nb::numpy, Value>(data, shape.size(), shape.data(), owner));
}

template <typename Array>
auto span_of(const Array& array) {
  return std::span(array.data(), array.size());
}

// Images in planes, which it borrows from the array, or owns where the array has another order.
class Planes {
 public:
  // Throws nb::value_error unless the array has three or four dimensions, and its images have pixels.
  explicit Planes(const PixelArray& images);

  data::ImagesView view() const { return {owned_.empty() ? borrowed_ : owned_, shape_}; }
  int count() const { return count_; }
  // Moves or copies them.
  data::Split split();

 private:
  std::span<const uint8_t> borrowed_;
  std::vector<uint8_t> owned_;
  data::ImageShape shape_;
  int count_ = 0;
};

// The images [N,H,W] or [N,H,W,C] in a new NumPy array.
nb::object to_pixel_array(const data::ImagesView& images);

// What trains without the interpreter's lock lets Python in between batches, a few times a second: signals,
// so that Ctrl-C ends the training after the batch, and a function that is told the progress.
class PythonPauses {
 public:
  // `on_progress` is called with a tuple, or is None.
  explicit PythonPauses(nb::object on_progress) : on_progress_(std::move(on_progress)) {}

  // Called without the lock. Throws nb::python_error what a signal's handler or the function raised.
  void after_batch(const train::Progress& progress);

 private:
  using Clock = std::chrono::steady_clock;

  nb::object on_progress_;
  Clock::time_point last_ = Clock::now();
};

// The path of a str, bytes or os.PathLike object.
std::string path_of(nb::handle path);

}  // namespace rung::python

#include "bindings.h"

#include <algorithm>
#include <utility>

namespace rung::python {
namespace {

using namespace std::chrono_literals;

constexpr auto kPause = 50ms;

}  // namespace

Planes::Planes(const PixelArray& images) {
  const size_t dimensions = images.ndim();
  const size_t channels = dimensions == 4 ? images.shape(3) : 1;
  if (dimensions != 3 && dimensions != 4)
    throw nb::value_error("images must be an array N x height x width, or N x height x width x channels");
  for (size_t axis = 0; axis < dimensions; ++axis)
    if (images.shape(axis) > static_cast<size_t>(INT32_MAX)) throw nb::value_error("the array is too large");
  if (std::min({images.shape(1), images.shape(2), channels}) == 0)
    throw nb::value_error("the images have no pixels");
  count_ = static_cast<int>(images.shape(0));
  shape_ = {static_cast<int>(channels), static_cast<int>(images.shape(1)), static_cast<int>(images.shape(2))};
  borrowed_ = span_of(images);
  if (channels == 1) return;
  owned_.resize(borrowed_.size());
  for (size_t at = 0; at < owned_.size(); at += shape_.size())
    data::to_planes(borrowed_.subspan(at, shape_.size()), shape_.channels, owned_.data() + at);
}

data::Split Planes::split() {
  data::Split split{count_, shape_.height, shape_.width, std::move(owned_), {}, shape_.channels};
  if (split.channels == 1) split.pixels.assign(borrowed_.begin(), borrowed_.end());
  return split;
}

nb::object to_pixel_array(const data::ImagesView& images) {
  const auto count = static_cast<size_t>(images.count());
  const data::ImageShape& shape = images.shape;
  std::vector<size_t> dimensions = {count, static_cast<size_t>(shape.height),
                                    static_cast<size_t>(shape.width)};
  if (shape.channels > 1) dimensions.push_back(static_cast<size_t>(shape.channels));
  std::vector<uint8_t> pixels(images.pixels.size());
  for (size_t image = 0; image < count; ++image)
    data::to_pixels(images.image(image), shape.channels, pixels.data() + image * shape.size());
  return to_array(std::move(pixels), dimensions);
}

void PythonPauses::after_batch(const train::Progress& progress) {
  const auto now = Clock::now();
  if (now - last_ < kPause && progress.batch < progress.batches) return;
  last_ = now;
  const nb::gil_scoped_acquire lock;
  if (PyErr_CheckSignals() != 0) throw nb::python_error();
  if (on_progress_.is_none()) return;
  on_progress_(nb::make_tuple(progress.epoch, progress.epochs, progress.batch, progress.batches,
                              progress.images, progress.correct, progress.loss, progress.seconds));
}

std::string path_of(nb::handle path) {
  const nb::object text = nb::module_::import_("os").attr("fsdecode")(path);
  return nb::cast<std::string>(text);
}

}  // namespace rung::python

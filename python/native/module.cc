// The module rung._native: what of the library the Python package uses.
#include <nanobind/nanobind.h>

#include "base/thread_pool.h"
#include "bindings.h"

NB_MODULE(_native, module) {
  using namespace rung::python;
  bind_errors();
  bind_recipe(module);
  bind_dataset(module);
  bind_model(module);
  bind_training(module);
  bind_run(module);
  bind_sweep(module);
  module.attr("__version__") = RUNG_VERSION;
  module.def("available_cores", &rung::ThreadPool::available_cores);
}

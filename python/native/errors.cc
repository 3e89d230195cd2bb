// Errors of the library as exceptions of rung._errors, which are also ValueError, OSError and the like.
#include <nanobind/nanobind.h>

#include <exception>

#include "base/error.h"
#include "bindings.h"

namespace rung::python {
namespace {

void raise(const char* name, const Error& error) {
  const nb::object type = nb::module_::import_("rung._errors").attr(name);
  const nb::object exception = type(error.what());
  exception.attr("hint") = error.hint();
  PyErr_SetObject(type.ptr(), exception.ptr());
}

// Classes before those that they are derived from.
void translate(const std::exception_ptr& thrown, void* /*unused*/) {
  try {
    std::rethrow_exception(thrown);
  } catch (const NoSpaceError& error) {
    raise("NoSpaceError", error);
  } catch (const IoError& error) {
    raise("IoError", error);
  } catch (const UsageError& error) {
    raise("UsageError", error);
  } catch (const DataError& error) {
    raise("DataError", error);
  } catch (const MemoryError& error) {
    raise("NoMemoryError", error);
  } catch (const DivergedError& error) {
    raise("DivergedError", error);
  } catch (const Error& error) {
    raise("Error", error);
  }
}

}  // namespace

void bind_errors() {
  nb::register_exception_translator(translate);
}

}  // namespace rung::python

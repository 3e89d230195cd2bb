#include "base/shared_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <utility>

#include "base/error.h"

namespace rung {

SharedLibrary::SharedLibrary(std::string file, Scope scope)
    : file_(std::move(file)),
      handle_(::dlopen(file_.c_str(), RTLD_NOW | (scope == Scope::kGlobal ? RTLD_GLOBAL : RTLD_LOCAL))) {
  if (handle_ == nullptr) throw IoError(fmt::format("cannot load {}: {}", file_, ::dlerror()));
}

SharedLibrary::Symbol SharedLibrary::operator[](const char* name) const {
  void* address = ::dlsym(handle_, name);
  if (address == nullptr) throw IoError(fmt::format("{} has no {}", file_, name));
  return Symbol(address);
}

}  // namespace rung

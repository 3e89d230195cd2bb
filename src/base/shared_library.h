// A shared library that is loaded when it is first needed, and not whenever the program starts: what a
// command does not use costs it nothing. libcurl alone brings thirty others.
#pragma once

#include <string>

namespace rung {

class SharedLibrary {
 public:
  // Whether its functions serve libraries that are loaded later, as MPI's parts may expect.
  enum class Scope { kLocal, kGlobal };

  // `file` is a path, or a name that the system's loader looks for ("libcurl.so.4"). The library stays
  // loaded. Throws IoError.
  explicit SharedLibrary(std::string file, Scope scope = Scope::kLocal);

  // A function, which takes the type that it is assigned to.
  class Symbol {
   public:
    explicit Symbol(void* address) : address_(address) {}
    template <typename Function>
    operator Function*() const {  // NOLINT: that is what it is for
      return reinterpret_cast<Function*>(address_);
    }

   private:
    void* address_;
  };
  // Throws IoError if it has no such function.
  Symbol operator[](const char* name) const;

 private:
  std::string file_;
  void* handle_;
};

}  // namespace rung

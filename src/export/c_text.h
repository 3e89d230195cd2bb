// C source that is put together from parts of a runtime: a text whose parts each begin with their name in a
// comment, /*@ name */, and end where the next one begins. Its identifiers begin with net_ or NET_.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "nn/shape.h"

namespace rung::exports {

// Precondition: the runtime has a part of that name.
std::string_view c_part(std::string_view runtime, std::string_view name);

// The same with identifiers that begin with the model's name.
std::string named_c_part(std::string_view runtime, std::string_view part, const std::string& model);

// NAME.h: of integers, which take an image pixel by pixel too, or of floats.
std::string c_header(const std::string& model, const nn::Shape& image, int classes, bool is_float);

// What the names of a model's macros begin with.
std::string macro_prefix(std::string_view model);

// With every `from` as `to`.
std::string replaced(std::string text, std::string_view from, const std::string& to);

// "static const DECLARATION = { ... };"; `text_of` writes a value.
template <typename T, typename TextOf>
std::string c_array(std::string_view declaration, const std::vector<T>& values, const TextOf& text_of) {
  constexpr size_t kWidth = 110;
  std::string text = fmt::format("static const {} = {{", declaration);
  size_t width = kWidth;
  for (const T& value : values) {
    const std::string number = fmt::format(" {},", text_of(value));
    if (width + number.size() > kWidth) {
      text += "\n ";
      width = 1;
    }
    text += number;
    width += number.size();
  }
  return text + "\n};\n\n";
}

}  // namespace rung::exports

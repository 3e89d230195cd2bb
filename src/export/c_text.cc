#include "export/c_text.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/require.h"

namespace rung::exports {

std::string_view c_part(std::string_view runtime, std::string_view name) {
  const std::string mark = fmt::format("/*@ {} */\n", name);
  const size_t found = runtime.find(mark);
  RUNG_REQUIRE(found != std::string_view::npos);
  const size_t begin = found + mark.size();
  return runtime.substr(begin, runtime.find("/*@ ", begin) - begin);
}

std::string named_c_part(std::string_view runtime, std::string_view part, const std::string& model) {
  const std::string text = replaced(std::string(c_part(runtime, part)), "net_", model + "_");
  return replaced(replaced(text, "NET_", macro_prefix(model) + "_"), "net:", model + ":");
}

std::string c_header(std::string_view runtime, const std::string& model, const nn::Shape& image,
                     int classes) {
  std::string text = named_c_part(runtime, "header", model);
  for (const auto& [mark, value] :
       {std::pair{"@channels@", image.channels}, std::pair{"@height@", image.height},
        std::pair{"@width@", image.width}, std::pair{"@classes@", classes}})
    text = replaced(text, mark, std::to_string(value));
  return text;
}

std::string macro_prefix(std::string_view model) {
  std::string result(model);
  std::ranges::transform(result, result.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return result;
}

std::string replaced(std::string text, std::string_view from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

}  // namespace rung::exports

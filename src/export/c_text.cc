#include "export/c_text.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "base/require.h"
#include "export/c_runtime.h"

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

std::string c_header(const std::string& model, const nn::Shape& image, int classes, bool is_float) {
  std::string text = named_c_part(kCRuntime, "header", model);
  const std::string push = is_float ? "" : named_c_part(kCRuntime, "header_push", model);
  for (const auto& [mark, value] : std::map<std::string, std::string>{
           {"@channels@", std::to_string(image.channels)},
           {"@height@", std::to_string(image.height)},
           {"@width@", std::to_string(image.width)},
           {"@classes@", std::to_string(classes)},
           {"@about@", is_float ? "" : ", up to a factor that is the same for all"},
           {"@number@", is_float ? "float" : "int32_t"},
           {"@push@\n", push + "\n"}})
    text = replaced(text, mark, value);
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

#include "report/html.h"

#include <nlohmann/json.hpp>

#include "base/sha256.h"
#include "base/text.h"

namespace rung::report {
namespace {

// Escapes, as in a JSON string, the characters that HTML would act on; outside strings JSON has none of them.
void escape_for_script(std::string& json) {
  std::string safe;
  for (const char byte : json) {
    if (byte == '<' || byte == '>' || byte == '&') {
      safe += fmt::format("\\u{:04x}", static_cast<unsigned>(byte));
    } else {
      safe += byte;
    }
  }
  json = std::move(safe);
}

std::vector<std::byte> bytes_of_hex(const std::string& hex) {
  std::vector<std::byte> bytes;
  for (size_t i = 0; i < hex.size(); i += 2)
    bytes.push_back(static_cast<std::byte>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string result;
  for (const char byte : text) {
    switch (byte) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      case '\n':
      case '\t':
        result += ' ';
        break;
      default:
        result += byte;
    }
  }
  return printable(result);
}

Html json_block(std::string_view id, const nlohmann::ordered_json& json) {
  using Handler = nlohmann::ordered_json::error_handler_t;
  std::string text = json.dump(-1, ' ', /*ensure_ascii=*/true, Handler::replace);
  escape_for_script(text);
  return html("<script type=\"application/json\" id=\"{}\">{}</script>\n", id, Html{text});
}

std::string base64(std::span<const std::byte> bytes) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t at = 0; at < bytes.size(); at += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - at);
    uint32_t word = 0;
    for (size_t i = 0; i < 3; ++i)
      word = word << 8 | (i < count ? std::to_integer<uint32_t>(bytes[at + i]) : 0);
    for (size_t i = 0; i < 4; ++i) text += i <= count ? kDigits[word >> (18 - 6 * i) & 63] : '=';
  }
  return text;
}

std::string csp_hash(std::string_view content) {
  const auto digest = bytes_of_hex(sha256_hex(std::as_bytes(std::span(content))));
  return fmt::format("'sha256-{}'", base64(digest));
}

}  // namespace rung::report

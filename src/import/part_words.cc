#include "import/part_words.h"

#include <algorithm>
#include <cctype>

#include "base/text.h"

namespace rung::imports {

std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words(1);
  for (const char letter : lowered(name)) {
    if (std::isalnum(static_cast<unsigned char>(letter)) != 0) {
      words.back() += letter;
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  return words;
}

bool has_word(const std::vector<std::string>& words, std::initializer_list<std::string_view> wanted) {
  return std::ranges::any_of(words,
                             [&](const std::string& word) { return std::ranges::count(wanted, word) > 0; });
}

std::optional<Part> part_in(const std::vector<std::string>& words) {
  if (has_word(words, {"test", "testing", "xtest", "ytest", "t10k"})) return kTest;
  if (has_word(words, {"val", "valid", "validation", "xval", "yval"})) return kValidation;
  return has_word(words, {"train", "training", "xtrain", "ytrain"}) ? std::optional(kTrain) : std::nullopt;
}

Part part_of_path(std::string_view path) {
  while (!path.empty()) {
    const size_t slash = path.rfind('/');
    if (const auto part = part_in(words_of(path.substr(slash == std::string_view::npos ? 0 : slash + 1))))
      return *part;
    path = path.substr(0, slash == std::string_view::npos ? 0 : slash);
  }
  return kTrain;
}

}  // namespace rung::imports

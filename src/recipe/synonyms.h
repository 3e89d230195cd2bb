// Words that users of PyTorch, torchvision, Keras or scikit-learn write in a recipe, and the recipe's words
// for them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rung::recipe {

// The candidate that means the same as `word`: the same word in another spelling ("Conv2d", "StepLR"), or
// another name ("learning_rate" for "lr"). None if there is none.
std::optional<std::string_view> synonym_of(std::string_view word,
                                           std::span<const std::string_view> candidates);

// The place of the key that `word` means, as in "in [optimizer]"; none if the word is unknown.
struct Home {
  std::string_view key;
  std::string_view place;
};
std::optional<Home> home_of(std::string_view word);

}  // namespace rung::recipe

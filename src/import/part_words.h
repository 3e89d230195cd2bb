// What the names of files and arrays say about the part of a dataset that they hold.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rung::imports {

enum Part { kTrain, kValidation, kTest, kPartCount };

// "kmnist-Train_imgs" -> kmnist, train, imgs
std::vector<std::string> words_of(std::string_view name);

bool has_word(const std::vector<std::string>& words, std::initializer_list<std::string_view> wanted);

// The part that the words name, if they name one.
std::optional<Part> part_in(const std::vector<std::string>& words);

// Of a path the last part that names one decides; training if none does.
Part part_of_path(std::string_view path);

}  // namespace rung::imports

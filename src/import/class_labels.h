// Classes that are found in the labels: numbers, or names.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace rung::imports {

// Gives each label that occurs a class of its own, which is called after it. `place` names the labels in
// messages. Throws DataError if there are so many different ones that they can hardly be classes.
class ClassLabels {
 public:
  // Labels, which are indices of the classes, are added to these.
  ClassLabels(std::vector<uint32_t>& labels, std::vector<std::string>& classes)
      : labels_(labels), classes_(classes) {}

  void add(std::span<const int64_t> numbers, const std::string& place);
  void add(std::span<const std::string> names, const std::string& place);

 private:
  void add_one(const std::string& name, const std::string& place);

  std::vector<uint32_t>& labels_;
  std::vector<std::string>& classes_;
  std::map<std::string, uint32_t, std::less<>> label_of_;
};

}  // namespace rung::imports

// Prints the words of a recipe that the specifications' lists of fields have, for libFuzzer's dictionary.
#include <fmt/format.h>

#include <set>
#include <string_view>
#include <type_traits>

#include "base/enumerators.h"
#include "data/data_spec.h"
#include "nn/model_spec.h"
#include "optim/training_spec.h"

namespace {

using Words = std::set<std::string_view>;

template <typename Variant>
void add_words(Words& found) {
  rung::for_each_kind<Variant>([&]<typename Spec>() {
    found.insert(Spec::kName);
    rung::for_each_field<Spec>([&]<typename Owner, typename T>(const rung::Field<Owner, T>& field) {
      found.insert(field.name);
      if (!field.word.empty()) found.insert(field.word);
      if constexpr (std::is_enum_v<T>) found.insert(rung::kNames<T>.begin(), rung::kNames<T>.end());
    });
  });
}

}  // namespace

int main() {
  Words words;
  add_words<rung::nn::LayerSpec>(words);
  add_words<rung::data::Transform>(words);
  add_words<rung::optim::Optimizer>(words);
  add_words<rung::optim::LrScheduler>(words);
  for (const std::string_view word : words) fmt::print("\"{}\"\n", word);
}
